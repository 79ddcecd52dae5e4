-- Ends the fulfilments of closed orders and the jobs that wait for them. Which orders may be closed
-- is trg_orders_guard's to say: none here has been taken by a provider.
create or replace function cancel_fulfillments(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_fulfillment_id bigint;
begin
  -- Picked units go back to the shelf first: picking -> pending -> cancelled.
  update fulfillments
  set status = 'pending'
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status = 'picking';
  for v_fulfillment_id in
    with ended as (
      update fulfillments
      set status = 'cancelled'
      where tenant_id = p_tenant
        and order_id = any (p_order_ids)
        and status in ('pending', 'on_hold', 'rejected', 'failed', 'packed')
      returning fulfillment_id, provider_code
    )
    select fulfillment_id
    from ended
    where provider_code not in ('manual', 'warehouse')
    order by fulfillment_id
  loop
    perform queue.cancel_by_unique_key('fulfil_order:' || v_fulfillment_id);
  end loop;
end
$$;

comment on function cancel_fulfillments(uuid, bigint[]) is
  'Ends the fulfilments of closed orders and cancels their waiting jobs.';
