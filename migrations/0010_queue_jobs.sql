-- The hot table of the queue: jobs that are not finished, and nothing else.
--
-- Finished rows leave for queue.finished_jobs in the statement that finishes them, so that claims
-- stay fast whatever the length of history. Each index serves one query and is partial, so that a
-- job pays only for the indexes of the state that it is in.
--
-- New schema, new tables: no locks on anything that exists.

create schema if not exists queue;

comment on schema queue is
  'Jobs, leases, attempts and schedules. Knows nothing of what the jobs are about.';

create sequence queue.jobs_job_id_seq as bigint;

-- Columns stand by alignment (8, 4, 2 bytes, then varying length): no padding in the hot table.
create table queue.jobs (
  job_id bigint not null default nextval('queue.jobs_job_id_seq'),
  run_at timestamptz not null default clock_now(),
  created_at timestamptz not null default clock_now(),
  claimed_at timestamptz,
  worker_id bigint,
  attempt integer not null default 0,
  forgiven integer not null default 0,
  priority smallint not null default 0,
  max_attempts smallint,
  unique_held boolean not null default false,
  cancel_requested boolean not null default false,
  state text not null default 'ready',
  queue text not null default 'default',
  kind text not null,
  args jsonb not null default '{}',
  unique_key text,
  unique_scope text,
  group_key text,
  trace_context text,
  last_error text,
  constraint jobs_pkey primary key (job_id),
  constraint jobs_state_check
    check (state in ('scheduled', 'ready', 'blocked', 'running')),
  constraint jobs_lease_check
    check ((state = 'running') = (worker_id is not null)
      and (state = 'running') = (claimed_at is not null)),
  constraint jobs_attempt_check
    check (attempt >= forgiven and forgiven >= 0),
  constraint jobs_max_attempts_check
    check (max_attempts between 1 and 1000),
  constraint jobs_priority_check
    check (priority between -100 and 100),
  constraint jobs_unique_check
    check (not unique_held or unique_key is not null),
  constraint jobs_blocked_check
    check (state <> 'blocked' or group_key is not null)
) with (
  fillfactor = 85,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_analyze_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0
);

alter sequence queue.jobs_job_id_seq owned by queue.jobs.job_id;

-- The claim: one queue, in order.
create index jobs_ready_idx on queue.jobs (queue, priority, run_at, job_id)
  where state = 'ready';
-- Promotion of what has become due.
create index jobs_scheduled_idx on queue.jobs (run_at, job_id)
  where state = 'scheduled';
-- Rescue, hand-back and cancellation of one worker's jobs.
create index jobs_running_idx on queue.jobs (worker_id)
  where state = 'running';
-- One holder per unique key: racing enqueues make one job.
create unique index jobs_unique_key_idx on queue.jobs (unique_key)
  where unique_held;
-- Is the group busy?
create index jobs_group_busy_idx on queue.jobs (group_key)
  where group_key is not null and state in ('ready', 'running');
-- Who is next in the group, and which groups have somebody waiting?
create index jobs_blocked_idx on queue.jobs (group_key, priority, run_at, job_id)
  where state = 'blocked';
-- The promise itself: at most one running job per group, whatever the code above it does.
create unique index jobs_group_running_idx on queue.jobs (group_key)
  where group_key is not null and state = 'running';

comment on table queue.jobs is
  'Jobs that are not finished (hot). Triggers: queue_jobs_wake notifies workers of new rows.';
comment on column queue.jobs.job_id is 'Identity of the job, rising in order of enqueue.';
comment on column queue.jobs.run_at is 'Not before this time; second key of the order.';
comment on column queue.jobs.created_at is 'When it was enqueued.';
comment on column queue.jobs.claimed_at is 'When the running attempt was claimed; null otherwise.';
comment on column queue.jobs.worker_id is 'Who holds the lease of the running attempt.';
comment on column queue.jobs.attempt is
  'Claims so far. Only ever rises, so (job_id, attempt, worker_id) is a fencing token.';
comment on column queue.jobs.forgiven is
  'Claims that do not count as attempts: snoozed, handed back. attempt - forgiven is compared '
  'with max_attempts.';
comment on column queue.jobs.priority is
  'First key of the order: the smaller runs first; 0 is usual.';
comment on column queue.jobs.max_attempts is
  'Attempts before it is dead; null until the first claim writes the policy of its kind.';
comment on column queue.jobs.unique_held is 'Whether this row holds its unique_key.';
comment on column queue.jobs.cancel_requested is
  'Somebody cancelled it while it was running: whatever its handler says, it is not run again.';
comment on column queue.jobs.state is
  'scheduled (run_at ahead) | ready | blocked (its group is busy) | running.';
comment on column queue.jobs.queue is 'Which workers may take it.';
comment on column queue.jobs.kind is 'Which handler runs it.';
comment on column queue.jobs.args is 'What the handler gets: a JSON object of at most 1 MiB.';
comment on column queue.jobs.unique_key is 'No second job with this key while unique_scope lasts.';
comment on column queue.jobs.unique_scope is
  'waiting (the key is free again at the first claim) | unfinished (at the end). Null without key.';
comment on column queue.jobs.group_key is
  'Jobs of one group never run at the same time, and start in order of priority, run_at, job_id.';
comment on column queue.jobs.trace_context is 'W3C traceparent of whoever enqueued it.';
comment on column queue.jobs.last_error is 'Error chain of the attempt before this one.';
comment on sequence queue.jobs_job_id_seq is 'Gives queue.jobs.job_id.';
