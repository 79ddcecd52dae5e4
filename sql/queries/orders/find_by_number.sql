-- The order of this number. $1 tenant, $2 number. Index: orders_order_number_key.
select order_id
from orders
where tenant_id = $1
  and order_number = $2
