-- Where jobs go when they end: finished_jobs (by day, dropped by partition), dead_jobs (kept until
-- somebody decides), and the attempts that did not succeed.
--
-- The default partitions catch rows of a day that has no partition yet: an insert never fails.
-- queue.maintain_partitions() creates days ahead and drops days behind. New tables: no locks.

create table queue.finished_jobs (
  job_id bigint not null,
  finished_at timestamptz not null,
  run_at timestamptz not null,
  created_at timestamptz not null,
  claimed_at timestamptz,
  worker_id bigint,
  attempt integer not null,
  forgiven integer not null,
  priority smallint not null,
  max_attempts smallint,
  state text not null,
  queue text not null,
  kind text not null,
  args jsonb not null,
  unique_key text,
  unique_scope text,
  group_key text,
  trace_context text,
  last_error text,
  constraint finished_jobs_state_check check (state in ('completed', 'cancelled', 'discarded'))
) partition by range (finished_at);

create table queue.finished_jobs_default partition of queue.finished_jobs default;

create index finished_jobs_job_id_idx on queue.finished_jobs (job_id);

comment on table queue.finished_jobs is
  'Jobs that ended well or were given up on purpose; partitioned by day (UTC) of finished_at.';
comment on table queue.finished_jobs_default is 'Rows of days that have no partition yet.';
comment on column queue.finished_jobs.job_id is 'As in queue.jobs.';
comment on column queue.finished_jobs.finished_at is 'When it ended; the partition key.';
comment on column queue.finished_jobs.run_at is 'As in queue.jobs: when its last attempt was due.';
comment on column queue.finished_jobs.created_at is 'As in queue.jobs.';
comment on column queue.finished_jobs.claimed_at is 'When its last attempt was claimed.';
comment on column queue.finished_jobs.worker_id is 'Who ran its last attempt; null if never run.';
comment on column queue.finished_jobs.attempt is 'Claims in all.';
comment on column queue.finished_jobs.forgiven is 'Claims that did not count as attempts.';
comment on column queue.finished_jobs.priority is 'As in queue.jobs.';
comment on column queue.finished_jobs.max_attempts is 'As in queue.jobs.';
comment on column queue.finished_jobs.state is 'completed | cancelled | discarded.';
comment on column queue.finished_jobs.queue is 'As in queue.jobs.';
comment on column queue.finished_jobs.kind is 'As in queue.jobs.';
comment on column queue.finished_jobs.args is 'As in queue.jobs.';
comment on column queue.finished_jobs.unique_key is 'As in queue.jobs; no longer held.';
comment on column queue.finished_jobs.unique_scope is 'As in queue.jobs.';
comment on column queue.finished_jobs.group_key is 'As in queue.jobs.';
comment on column queue.finished_jobs.trace_context is 'As in queue.jobs.';
comment on column queue.finished_jobs.last_error is
  'Why it was cancelled or discarded; for completed jobs the error before the success.';

create table queue.dead_jobs (
  job_id bigint not null,
  died_at timestamptz not null,
  run_at timestamptz not null,
  created_at timestamptz not null,
  claimed_at timestamptz,
  worker_id bigint,
  attempt integer not null,
  forgiven integer not null,
  priority smallint not null,
  max_attempts smallint,
  queue text not null,
  kind text not null,
  args jsonb not null,
  unique_key text,
  unique_scope text,
  group_key text,
  trace_context text,
  last_error text,
  constraint dead_jobs_pkey primary key (job_id)
);

create index dead_jobs_kind_idx on queue.dead_jobs (kind, died_at);

comment on table queue.dead_jobs is
  'The dead letter: jobs out of attempts or failed for good. They stay until retried or deleted.';
comment on column queue.dead_jobs.job_id is 'As in queue.jobs.';
comment on column queue.dead_jobs.died_at is 'When it was given up.';
comment on column queue.dead_jobs.run_at is 'As in queue.jobs: when its last attempt was due.';
comment on column queue.dead_jobs.created_at is 'As in queue.jobs.';
comment on column queue.dead_jobs.claimed_at is 'When its last attempt was claimed.';
comment on column queue.dead_jobs.worker_id is 'Who ran its last attempt.';
comment on column queue.dead_jobs.attempt is 'Claims in all.';
comment on column queue.dead_jobs.forgiven is 'Claims that did not count as attempts.';
comment on column queue.dead_jobs.priority is 'As in queue.jobs.';
comment on column queue.dead_jobs.max_attempts is 'As in queue.jobs.';
comment on column queue.dead_jobs.queue is 'As in queue.jobs.';
comment on column queue.dead_jobs.kind is 'As in queue.jobs.';
comment on column queue.dead_jobs.args is 'As in queue.jobs.';
comment on column queue.dead_jobs.unique_key is 'As in queue.jobs; a dead job does not hold it.';
comment on column queue.dead_jobs.unique_scope is 'As in queue.jobs.';
comment on column queue.dead_jobs.group_key is 'As in queue.jobs.';
comment on column queue.dead_jobs.trace_context is 'As in queue.jobs.';
comment on column queue.dead_jobs.last_error is 'Error chain of the last attempt.';

create table queue.attempts_log (
  job_id bigint not null,
  finished_at timestamptz not null,
  started_at timestamptz not null,
  worker_id bigint not null,
  attempt integer not null,
  outcome text not null,
  queue text not null,
  kind text not null,
  error text,
  constraint attempts_log_outcome_check
    check (outcome in ('failed', 'lost', 'snoozed', 'released', 'cancelled', 'discarded'))
) partition by range (finished_at);

create table queue.attempts_log_default partition of queue.attempts_log default;

create index attempts_log_job_id_idx on queue.attempts_log (job_id, attempt);

comment on table queue.attempts_log is
  'Attempts that did not succeed, by day (UTC). Successful ones are the finished row itself; the '
  'view queue.attempts shows all.';
comment on table queue.attempts_log_default is 'Rows of days that have no partition yet.';
comment on column queue.attempts_log.job_id is 'Whose attempt.';
comment on column queue.attempts_log.finished_at is 'When it ended; the partition key.';
comment on column queue.attempts_log.started_at is 'When it was claimed.';
comment on column queue.attempts_log.worker_id is 'Who ran it.';
comment on column queue.attempts_log.attempt is 'Its number: queue.jobs.attempt at that time.';
comment on column queue.attempts_log.outcome is
  'failed | lost (its worker died) | snoozed | released (it shut down) | cancelled | discarded.';
comment on column queue.attempts_log.queue is 'The queue it was taken from.';
comment on column queue.attempts_log.kind is 'The kind of its job.';
comment on column queue.attempts_log.error is 'The error chain, outermost first, joined by ": ".';
