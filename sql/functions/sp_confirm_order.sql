-- Confirms a pending or held order: its stock is committed, its fulfilments and their jobs begin.
-- Confirming an order that is confirmed, or further, changes nothing: a caller who lost the answer
-- may ask again. One that the fraud rules find risky is held instead; confirming it once more, on
-- hold, is a person's word that counts. P0NOF, P0STT; P0EXP when its reservation lapsed before: the
-- stock may be promised to somebody else by now.
create or replace function sp_confirm_order(
  p_order_id bigint,
  p_actor text,
  p_notes text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_status constant text := lock_order(p_tenant, p_order_id);
begin
  if v_status in ('confirmed', 'processing', 'picking', 'packed', 'partially_shipped', 'shipped',
    'partially_delivered', 'delivered', 'completed') then
    return;
  end if;
  if v_status = 'expired' then
    raise exception 'the order expired before it was confirmed' using errcode = 'P0EXP';
  end if;
  if v_status not in ('pending', 'on_hold') then
    perform refuse_transition('order', v_status, 'confirmed');
  end if;
  if v_status = 'pending' and screen_orders(p_tenant, array[p_order_id]) is null then
    return;
  end if;
  perform act_as(p_actor, p_notes);
  update orders
  set order_status = 'confirmed'
  where tenant_id = p_tenant
    and order_id = p_order_id;
  perform log_order(p_tenant, p_order_id, 'confirm', jsonb_build_object('notes', p_notes));
  perform act_as(null, null);
end
$$;

comment on function sp_confirm_order(bigint, text, text, uuid) is
  'Confirms a pending or held order and starts its fulfilment; P0NOF, P0STT, P0EXP.';
