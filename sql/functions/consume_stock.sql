-- The units of these fulfilments leave: their promises become fulfilled, on_hand goes down.
-- Twice is once. Locks: levels (total order), then reservations. Callers hold the order rows.
create or replace function consume_stock(p_tenant uuid, p_fulfillment_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_orders bigint[];
  v_consumed integer;
begin
  select array_agg(distinct order_id) into v_orders
  from fulfillments
  where tenant_id = p_tenant
    and fulfillment_id = any (p_fulfillment_ids);
  perform lock_promised_levels(p_tenant, v_orders);
  update inventory_reservations as r
  set status = 'fulfilled', updated_at = clock_now()
  from fulfillment_items as fi
  where fi.tenant_id = p_tenant
    and fi.fulfillment_id = any (p_fulfillment_ids)
    and r.tenant_id = p_tenant
    and r.order_id = fi.order_id
    and r.order_item_id = fi.order_item_id
    and (fi.reservation_id is null or r.reservation_id = fi.reservation_id)
    and r.status = 'committed';
  get diagnostics v_consumed = row_count;
  return v_consumed;
end
$$;

comment on function consume_stock(uuid, bigint[]) is
  'Takes the units of fulfilments out of stock: committed promises become fulfilled.';
