-- Counts what came back on the lines of an order, and moves an order that had arrived to partially
-- or wholly returned. The caller holds the order row.
create or replace function follow_returns(p_tenant uuid, p_order_id bigint)
returns void
language plpgsql volatile
as $$
begin
  update order_items as oi
  set quantity_returned = c.received
  from (
    select order_item_id, sum(received_quantity)::integer as received
    from return_items
    where tenant_id = p_tenant
      and order_id = p_order_id
    group by order_item_id
  ) as c
  where oi.tenant_id = p_tenant
    and oi.order_id = p_order_id
    and oi.order_item_id = c.order_item_id
    and oi.quantity_returned <> c.received;

  update orders as o
  set order_status = n.target
  from (
    select case when sum(quantity_returned) = sum(quantity - quantity_cancelled)
        then 'returned' else 'partially_returned' end as target
    from order_items
    where tenant_id = p_tenant
      and order_id = p_order_id
    having sum(quantity_returned) > 0
  ) as n
  where o.tenant_id = p_tenant
    and o.order_id = p_order_id
    and o.order_status in ('delivered', 'completed', 'partially_returned')
    and o.order_status <> n.target;
end
$$;

comment on function follow_returns(uuid, bigint) is
  'Counts what came back on an order''s lines; the order becomes partially or wholly returned.';
