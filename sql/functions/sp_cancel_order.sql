-- Cancels an order: stock is given back, waiting work stops, the customer is told. Cancelling twice
-- is once. P0NOF; P0STT once a provider may have it, with the reason in the message.
create or replace function sp_cancel_order(
  p_order_id bigint,
  p_actor text,
  p_reason text,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  if lock_order(p_tenant, p_order_id) = 'cancelled' then
    return;
  end if;
  perform act_as(p_actor, p_reason);
  update orders
  set order_status = 'cancelled', cancel_reason = p_reason, cancelled_by = p_actor
  where tenant_id = p_tenant
    and order_id = p_order_id;
  perform log_order(p_tenant, p_order_id, 'cancel', jsonb_build_object('reason', p_reason));
  perform act_as(null, null);
end
$$;

comment on function sp_cancel_order(bigint, text, text, uuid) is
  'Cancels an order that no provider has yet; twice is once. P0NOF, P0STT.';
