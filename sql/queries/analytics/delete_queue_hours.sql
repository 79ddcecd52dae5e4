-- What each queue did in hours that began more than $1 seconds ago, at most $2.
-- Index: queue_hours_pkey.
with old as (
  select tenant_id, hour, queue, kind
  from analytics.queue_hours
  where hour < clock_now() - make_interval(secs => $1)
  limit $2
)
delete from analytics.queue_hours as t
using old
where (t.tenant_id, t.hour, t.queue, t.kind) = (old.tenant_id, old.hour, old.queue, old.kind)
