-- What was put away of an order, oldest first. $1 tenant, $2 order. Index: archived_orders_pkey.
select archived_at, row_count, document
from archived_orders
where tenant_id = $1
  and order_id = $2
order by archived_at
