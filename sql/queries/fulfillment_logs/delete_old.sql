-- Calls to providers older than $1 seconds, at most $2. Index: fulfillment_logs_created_at_idx.
with old as (
  select tenant_id, fulfillment_log_id
  from fulfillment_logs
  where created_at < clock_now() - make_interval(secs => $1)
  order by created_at
  limit $2
  for update skip locked
)
delete from fulfillment_logs as g
using old
where g.tenant_id = old.tenant_id
  and g.fulfillment_log_id = old.fulfillment_log_id
