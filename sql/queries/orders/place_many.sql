-- Places many orders in one call, each by itself. $1 orders, $2 idempotency keys, $3 hashes of the
-- requests, $4 traceparents (one or null for each order), $5 tenant. Locks: see place_orders().
select
  place as "place!",
  replayed as "replayed!",
  response,
  error_code,
  error_message,
  error_detail
from place_orders($1, $2, $3, $4, $5)
