-- Customers hear that the payment of their orders failed: of the last attempt, once, whether the
-- attempt or the order says so first (trg_payments_notify tells the same event).
create or replace function tell_failed_payments(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_events text[];
begin
  select array_agg(
    coalesce('payment:' || (
        select max(p.payment_id)
        from payments as p
        where p.tenant_id = p_tenant
          and p.order_id = o.order_id
          and p.status = 'failed'), 'order')
    order by o.place)
  into v_events
  from unnest(p_order_ids) with ordinality as o (order_id, place);
  perform notify_customers(p_tenant, 'payment_failed', p_order_ids, v_events,
    array_fill('{"reason": null}'::jsonb, array[cardinality(p_order_ids)]));
end
$$;

comment on function tell_failed_payments(uuid, bigint[]) is
  'Tells customers that the payment of their orders failed.';
