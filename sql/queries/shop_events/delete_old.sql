-- Events older than $1 seconds, at most $2: the oldest ones are asked for their age.
-- Index: shop_events_position_idx.
with oldest as (
  select tenant_id, transaction_id, event_id, occurred_at
  from shop_events
  order by transaction_id, event_id
  limit $2
)
delete from shop_events as e
using oldest as o
where e.tenant_id = o.tenant_id
  and e.transaction_id = o.transaction_id
  and e.event_id = o.event_id
  and o.occurred_at < clock_now() - make_interval(secs => $1)
