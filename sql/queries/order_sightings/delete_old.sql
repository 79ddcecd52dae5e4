-- Addresses that orders were seen with more than $1 seconds ago, at most $2. Placing forgets a few
-- itself (sight_orders); this is for what is left when orders stop coming.
-- Locks: those rows, skipping what others hold. Index: order_sightings_seen_at_idx.
with old as (
  select tenant_id, kind, value_hash, order_id
  from order_sightings
  where seen_at < clock_now() - make_interval(secs => $1)
  order by seen_at
  limit $2
  for update skip locked
)
delete from order_sightings as t
using old
where t.tenant_id = old.tenant_id
  and t.kind = old.kind
  and t.value_hash = old.value_hash
  and t.order_id = old.order_id
