-- Fulfilments of these orders that waited for goods and wait for none any more begin: their jobs
-- are enqueued. Locks: the fulfilments. Callers hold the order rows.
create or replace function wake_fulfillments(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_awake bigint[];
begin
  with awake as (
    update fulfillments as f
    set awaits_stock = false
    where f.tenant_id = p_tenant
      and f.order_id = any (p_order_ids)
      and f.awaits_stock
      -- An order may have been closed while its goods were looked for.
      and f.status <> 'cancelled'
      and not exists (
        select
        from fulfillment_items as fi
        join inventory_reservations as r
          on r.tenant_id = p_tenant
          and r.order_id = fi.order_id
          and r.order_item_id = fi.order_item_id
          and (fi.reservation_id is null
            or fi.reservation_id in (r.reservation_id, r.split_from))
        where fi.tenant_id = p_tenant
          and fi.fulfillment_id = f.fulfillment_id
          and r.status in ('reserved', 'committed')
          and r.is_backordered)
    returning f.fulfillment_id
  )
  select array_agg(fulfillment_id order by fulfillment_id) into v_awake
  from awake;
  if v_awake is null then
    return 0;
  end if;
  perform enqueue_fulfillments(p_tenant, v_awake);
  return cardinality(v_awake);
end
$$;

comment on function wake_fulfillments(uuid, bigint[]) is
  'Lets fulfilments begin whose goods are there by now; answers how many.';
