-- How busy workers are, by hour.
-- E.g. Do we need more workers at noon?
create or replace view analytics.worker_utilisation
with (security_invoker = true) as
select
  d.tenant_id,
  d.hour,
  d.worker_id,
  d.worker_name,
  d.concurrency,
  d.jobs,
  d.busy_seconds,
  round((d.busy_seconds / (3600.0 * d.concurrency))::numeric, 4) as utilisation
from analytics.worker_hours as d;

comment on view analytics.worker_utilisation is
  'How busy workers are, by hour. E.g. Do we need more workers at noon?';
comment on column analytics.worker_utilisation.tenant_id is 'The shop.';
comment on column analytics.worker_utilisation.hour is 'Hour, begins at.';
comment on column analytics.worker_utilisation.worker_id is 'The worker.';
comment on column analytics.worker_utilisation.worker_name is
  'What it calls itself; gone: forgotten since.';
comment on column analytics.worker_utilisation.concurrency is 'Jobs it runs at once.';
comment on column analytics.worker_utilisation.jobs is 'Jobs it completed.';
comment on column analytics.worker_utilisation.busy_seconds is 'Seconds in jobs, all together.';
comment on column analytics.worker_utilisation.utilisation is
  'Busy time of the time it had, 0 to 1.';
