-- How long jobs wait and run, by hour, queue and kind.
-- E.g. When in the day do jobs start late?
create or replace view analytics.queue_latency
with (security_invoker = true) as
select
  d.tenant_id,
  d.hour,
  d.queue,
  d.kind,
  d.completed,
  d.abandoned,
  d.dead,
  d.retried,
  d.wait_p50_seconds,
  d.wait_p95_seconds,
  d.wait_max_seconds,
  d.run_p50_seconds,
  d.run_p95_seconds
from analytics.queue_hours as d;

comment on view analytics.queue_latency is
  'How long jobs wait and run, by hour, queue and kind. E.g. When in the day do jobs start '
  'late?';
comment on column analytics.queue_latency.tenant_id is 'The shop.';
comment on column analytics.queue_latency.hour is 'Hour, begins at.';
comment on column analytics.queue_latency.queue is 'The queue.';
comment on column analytics.queue_latency.kind is 'The kind of the jobs.';
comment on column analytics.queue_latency.completed is 'Jobs that ended well.';
comment on column analytics.queue_latency.abandoned is
  'Jobs that were cancelled or given up on purpose.';
comment on column analytics.queue_latency.dead is
  'Jobs that failed for good and wait for a person.';
comment on column analytics.queue_latency.retried is
  'Completed jobs that needed more than one attempt.';
comment on column analytics.queue_latency.wait_p50_seconds is
  'From due to claimed, half of them within.';
comment on column analytics.queue_latency.wait_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.queue_latency.wait_max_seconds is 'The longest.';
comment on column analytics.queue_latency.run_p50_seconds is
  'From claimed to finished, half of them within.';
comment on column analytics.queue_latency.run_p95_seconds is 'The same, 95 of 100.';
