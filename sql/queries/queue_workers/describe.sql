-- Workers that live, and with $1 those that are gone, too; newest first. Index: workers_pkey,
-- jobs_running_idx.
select
  w.worker_id as "worker_id!",
  w.name as "name!",
  w.version as "version!",
  w.state as "state!",
  w.queues as "queues!",
  w.kinds as "kinds!",
  w.concurrency as "concurrency!",
  (
    select count(*) from queue.jobs as j where j.worker_id = w.worker_id and j.state = 'running'
  ) as "running!",
  w.started_at as "started_at!",
  w.heartbeat_at as "heartbeat_at!",
  extract(epoch from clock_now() - w.heartbeat_at)::double precision as "silent_seconds!",
  w.stopped_at
from queue.workers as w
where $1
  or w.state in ('running', 'draining')
order by w.worker_id desc
limit 1000
