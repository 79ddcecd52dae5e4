-- Events whose job died before it could say so: a lost worker, or a time limit, in the last
-- attempt. Not those that were replayed since. At most $1.
-- Locks: the events (skipping what others work on).
-- Indexes: dead_jobs_kind_idx, webhook_events_pkey.
with dead as materialized (
  select e.tenant_id, e.webhook_event_id, d.job_id, d.last_error
  from queue.dead_jobs as d
  join webhook_events as e
    on e.tenant_id = (d.args->>'tenant_id')::uuid
    and e.webhook_event_id = (d.args->>'webhook_event_id')::bigint
  where d.kind = 'ingest_webhook'
    and e.status in ('received', 'failed')
    and e.updated_at <= d.died_at
  order by e.tenant_id, e.webhook_event_id
  limit $1
  for no key update of e skip locked
)
update webhook_events as e
set
  status = 'dead',
  error = format('job %s died: %s', dead.job_id,
    coalesce(dead.last_error, 'no error is known')),
  updated_at = clock_now()
from dead
where e.tenant_id = dead.tenant_id
  and e.webhook_event_id = dead.webhook_event_id
