-- Jobs under the name and columns that dashboards of earlier systems know. Of tenants it shows what
-- row security shows of the jobs; a job that names no shop is of the first.
create or replace view order_processing_queue
with (security_invoker = true) as
select
  case when j.args->>'tenant_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then (j.args->>'tenant_id')::uuid
    else '00000000-0000-0000-0000-000000000001' end as tenant_id,
  j.job_id as id,
  case when j.args->>'order_id' ~ '^[0-9]{1,18}$'
    then (j.args->>'order_id')::bigint end as order_id,
  case j.kind
    when 'fulfil_order' then 'fulfillment'
    when 'send_notification' then 'notification'
    when 'refund_payment' then 'payment'
    else j.kind
  end as queue_type,
  j.status,
  j.priority,
  j.run_at,
  j.run_at as next_attempt_at,
  j.lease_until,
  j.locked_by,
  greatest(j.attempt - j.forgiven, 0) as attempts,
  j.max_attempts,
  j.unique_key as dedupe_key,
  j.args as payload,
  j.last_error,
  j.created_at,
  j.finished_at as completed_at
from (
  select job_id, kind, args, priority, run_at, attempt, forgiven, max_attempts, unique_key,
    last_error, created_at, null::timestamptz as finished_at,
    case state when 'running' then 'processing' else 'pending' end as status,
    case when state = 'running' then
      (select w.alive_until from queue.workers as w where w.worker_id = jobs.worker_id)
    end as lease_until,
    case when state = 'running' then worker_id::text end as locked_by
  from queue.jobs
  union all
  select job_id, kind, args, priority, run_at, attempt, forgiven, max_attempts, unique_key,
    last_error, created_at, finished_at,
    case state when 'completed' then 'completed' else 'failed' end, null, null
  from queue.finished_jobs
  union all
  select job_id, kind, args, priority, run_at, attempt, forgiven, max_attempts, unique_key,
    last_error, created_at, died_at, 'dead_letter', null, null
  from queue.dead_jobs
) as j;

comment on view order_processing_queue is
  'All jobs, as the table of this name in earlier systems showed them. To read; jobs are enqueued '
  'by queue.enqueue().';
comment on column order_processing_queue.tenant_id is 'The shop that the job''s arguments name.';
comment on column order_processing_queue.id is 'The job.';
comment on column order_processing_queue.order_id is 'The order that its arguments name.';
comment on column order_processing_queue.queue_type is
  'fulfillment, notification, payment, else the kind of the job.';
comment on column order_processing_queue.status is
  'pending, processing, completed, failed (cancelled or given up on purpose) or dead_letter.';
comment on column order_processing_queue.priority is 'Lower goes first.';
comment on column order_processing_queue.run_at is 'When it is, or was, due.';
comment on column order_processing_queue.next_attempt_at is 'The same, by its other old name.';
comment on column order_processing_queue.lease_until is
  'Until when its worker counts as alive, while it runs.';
comment on column order_processing_queue.locked_by is 'Its worker, while it runs.';
comment on column order_processing_queue.attempts is 'Attempts that count.';
comment on column order_processing_queue.max_attempts is
  'Attempts before it is a dead letter; null: never tried yet.';
comment on column order_processing_queue.dedupe_key is 'Its unique key.';
comment on column order_processing_queue.payload is 'Its arguments.';
comment on column order_processing_queue.last_error is 'The last failure in words.';
comment on column order_processing_queue.created_at is 'When it was enqueued.';
comment on column order_processing_queue.completed_at is 'When it ended.';
