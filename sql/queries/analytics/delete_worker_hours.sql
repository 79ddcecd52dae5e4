-- What each worker did in hours that began more than $1 seconds ago, at most $2.
-- Index: worker_hours_pkey.
with old as (
  select tenant_id, hour, worker_id
  from analytics.worker_hours
  where hour < clock_now() - make_interval(secs => $1)
  limit $2
)
delete from analytics.worker_hours as t
using old
where (t.tenant_id, t.hour, t.worker_id) = (old.tenant_id, old.hour, old.worker_id)
