-- Delivered: its units leave the stock, its open errors are settled, and the order is delivered
-- when all its fulfilments are. Twice is once. P0NOF, P0STT.
create or replace function sp_deliver_fulfillment(
  p_fulfillment_id bigint,
  p_provider_order_id text default null,
  p_actor text default 'worker',
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
  v_row constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
begin
  if v_row.status = 'delivered' then
    return;
  end if;
  perform act_as(p_actor, null);
  update fulfillments
  set
    status = 'delivered',
    lookup_first = false,
    provider_order_id = coalesce(p_provider_order_id, provider_order_id)
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  update order_errors
  set is_resolved = true, resolved_at = clock_now(), resolved_by = current_actor()
  where tenant_id = p_tenant
    and order_id = v_row.order_id
    and fulfillment_id = p_fulfillment_id
    and not is_resolved;
  perform act_as(null, null);
end
$$;

comment on function sp_deliver_fulfillment(bigint, text, text, uuid) is
  'A fulfilment is delivered: units leave, the order follows; twice is once. P0NOF, P0STT.';
