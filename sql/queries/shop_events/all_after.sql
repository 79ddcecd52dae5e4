-- What happened in all shops after a position. $1 position or null, $2 at most.
-- See all_events_after().
select
  event_position as "position!",
  kind as "kind!",
  order_id,
  order_number,
  customer_id,
  subject_id,
  data as "data!",
  occurred_at as "occurred_at!",
  tenant_id as "tenant_id!"
from all_events_after($1, $2)
