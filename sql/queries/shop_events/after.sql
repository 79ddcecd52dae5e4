-- What happened in a shop after a position. $1 position or null, $2 at most, $3 kinds or null,
-- $4 order or null, $5 customer or null, $6 tenant. See events_after().
select
  event_position as "position!",
  kind as "kind!",
  order_id,
  order_number,
  customer_id,
  subject_id,
  data as "data!",
  occurred_at as "occurred_at!",
  $6::uuid as "tenant_id!"
from events_after($1, $2, $3, $4, $5, $6)
