-- Counts anew how far the units of these orders' lines have come, from their fulfilments.
-- Callers hold the order rows; the lines are locked by the update.
create or replace function count_units(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  update order_items as oi
  set
    quantity_fulfilled = c.fulfilled,
    quantity_shipped = c.shipped,
    quantity_delivered = c.delivered
  from (
    select
      fi.order_id,
      fi.order_item_id,
      coalesce(sum(fi.quantity)
        filter (where f.status in ('packed', 'shipped', 'delivered', 'returned')), 0) as fulfilled,
      coalesce(sum(fi.quantity)
        filter (where f.status in ('shipped', 'delivered', 'returned')), 0) as shipped,
      coalesce(sum(fi.quantity) filter (where f.status = 'delivered'), 0) as delivered
    from fulfillment_items as fi
    join fulfillments as f using (tenant_id, order_id, fulfillment_id)
    where fi.tenant_id = p_tenant
      and fi.order_id = any (p_order_ids)
    group by fi.order_id, fi.order_item_id
  ) as c
  where oi.tenant_id = p_tenant
    and oi.order_id = c.order_id
    and oi.order_item_id = c.order_item_id
    and (oi.quantity_fulfilled, oi.quantity_shipped, oi.quantity_delivered)
      is distinct from (c.fulfilled, c.shipped, c.delivered);
end
$$;

comment on function count_units(uuid, bigint[]) is
  'Counts how many units of orders'' lines are packed, shipped and delivered.';
