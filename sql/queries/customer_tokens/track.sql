-- How far the orders are that a token shows. $1 tenant, $2 order or null, $3 customer or null: the
-- newest 50. Indexes: orders_pkey, orders_customer_id_idx.
select orders_tracking(
  array(
    select o.order_id
    from orders as o
    where o.tenant_id = $1
      and o.order_id = $2
    union all
    (
      select o.order_id
      from orders as o
      where o.tenant_id = $1
        and o.customer_id = $3
      order by o.placed_at desc
      limit 50
    )
  ), $1) as "orders!"
