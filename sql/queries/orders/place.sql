-- Places an order in one call. $1 order, $2 idempotency key or null, $3 hash of the request,
-- $4 traceparent or null, $5 tenant. Locks: see create_order().
select
  order_id as "order_id!",
  order_number as "order_number!",
  order_status as "order_status!",
  replayed as "replayed!",
  response as "response!"
from create_order($1, $2, $3, $4, $5)
