-- Cancels an order: stock is given back, waiting work stops, the customer is told. Where providers
-- have it that can be asked to give it up, they are asked, and the order is cancelled once they do
-- (sp_finish_cancellation). Cancelling twice is once. P0NOF; P0STT once a provider may have it that
-- can't be asked, with the reason in the message.
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
  if ask_to_cancel(p_tenant, p_order_id, p_actor, p_reason) then
    perform log_order(p_tenant, p_order_id, 'ask_to_cancel', jsonb_build_object(
      'reason', p_reason));
    perform act_as(null, null);
    return;
  end if;
  update orders
  set order_status = 'cancelled', cancel_reason = p_reason, cancelled_by = p_actor
  where tenant_id = p_tenant
    and order_id = p_order_id;
  perform log_order(p_tenant, p_order_id, 'cancel', jsonb_build_object('reason', p_reason));
  perform act_as(null, null);
end
$$;

comment on function sp_cancel_order(bigint, text, text, uuid) is
  'Cancels an order, or asks the providers that have it to give it up; twice is once. '
  'P0NOF, P0STT.';
