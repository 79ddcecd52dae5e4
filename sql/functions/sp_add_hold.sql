-- Holds an order for a reason, beside the reasons it may be held for already; answers the hold's
-- id. The same reason in the same words again is the same hold. P0NOF, P0STT.
create or replace function sp_add_hold(
  p_order_id bigint,
  p_reason text,
  p_notes text,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  c_notes constant text := left(coalesce(p_notes, ''), 1000);
  v_hold_id bigint;
begin
  perform lock_order(p_tenant, p_order_id);
  select order_hold_id into v_hold_id
  from order_holds
  where tenant_id = p_tenant
    and order_id = p_order_id
    and reason = p_reason
    and notes = c_notes
    and released_at is null;
  if found then
    return v_hold_id;
  end if;
  perform act_as(p_actor, coalesce(p_notes, p_reason));
  insert into order_holds (tenant_id, order_id, reason, notes, held_by)
  values (p_tenant, p_order_id, p_reason, c_notes, current_actor())
  returning order_hold_id into v_hold_id;
  perform log_order(p_tenant, p_order_id, 'hold', jsonb_build_object(
    'reason', p_reason, 'notes', p_notes, 'order_hold_id', v_hold_id));
  perform act_as(null, null);
  return v_hold_id;
end
$$;

comment on function sp_add_hold(bigint, text, text, text, uuid) is
  'Holds an order for one more reason; the same again is the same hold. P0NOF, P0STT.';
