-- Removes old deliveries with their attempts. $1 age in seconds, $2 how many at most.
-- Locks: those rows, skipping what others hold. Index: webhook_deliveries_created_idx.
delete from webhook_deliveries
where (tenant_id, delivery_id) in (
  select tenant_id, delivery_id
  from webhook_deliveries
  where created_at < clock_now() - make_interval(secs => $1)
  order by created_at
  limit $2
  for update skip locked
)
