-- Jobs that wait: for other jobs (workflows) and for events from outside. What a job may leave
-- behind: progress, a checkpoint, a result. And unique keys that last for a period.
--
-- Locks: queue.jobs and queue.attempts_log in access exclusive mode for a moment, nothing is
-- rewritten. The two checks that are replaced only become wider, so every row that is there obeys
-- them: "not valid" spares the scan. Workers of the release before know none of this: they never
-- claim a waiting job, and the functions that they call do the new work for them.

alter table queue.jobs
  add column waiting_for integer,
  add column has_dependants boolean,
  drop constraint jobs_state_check,
  add constraint jobs_state_check
    check (state in ('scheduled', 'ready', 'blocked', 'waiting', 'running')) not valid,
  add constraint jobs_waiting_check
    check (waiting_for is null or (state = 'waiting' and waiting_for > 0)) not valid;

comment on column queue.jobs.state is
  'scheduled (run_at ahead) | ready | blocked (its group is busy) | waiting (for other jobs, or '
  'for an event from outside) | running.';
comment on column queue.jobs.waiting_for is
  'For how many jobs it still waits (queue.dependencies); null when for none.';
comment on column queue.jobs.has_dependants is
  'Others may wait for it: its end looks into queue.dependencies. Null: nobody does.';

-- Parked jobs whose patience ends (run_at): queue.expire_waits.
create index jobs_parked_idx on queue.jobs (run_at, job_id)
  where state = 'waiting' and waiting_for is null;

alter table queue.attempts_log
  drop constraint attempts_log_outcome_check,
  add constraint attempts_log_outcome_check
    check (outcome in
      ('failed', 'lost', 'snoozed', 'waited', 'released', 'cancelled', 'discarded')) not valid;

comment on column queue.attempts_log.outcome is
  'failed | lost (its worker died) | snoozed | waited (for an event from outside) | released (it '
  'shut down) | cancelled | discarded.';

create table queue.dependencies (
  job_id bigint not null,
  after_job_id bigint not null,
  settled_at timestamptz,
  on_failure text not null,
  outcome text,
  constraint dependencies_pkey primary key (job_id, after_job_id),
  constraint dependencies_self_check check (after_job_id <> job_id),
  constraint dependencies_on_failure_check check (on_failure in ('cancel', 'run', 'wait')),
  constraint dependencies_outcome_check
    check (outcome in ('completed', 'discarded', 'cancelled', 'dead', 'abandoned')),
  constraint dependencies_settled_check check ((settled_at is null) = (outcome is null))
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

-- Who waits for it?
create index dependencies_after_idx on queue.dependencies (after_job_id);
-- Retention.
create index dependencies_settled_idx on queue.dependencies (settled_at)
  where settled_at is not null;

comment on table queue.dependencies is
  'The edges of workflows: a job that waits for another. They come into being with the job that '
  'waits, and lead to jobs that exist by then, so there are no cycles. Kept, once settled, as long '
  'as finished jobs are.';
comment on column queue.dependencies.job_id is 'Who waits.';
comment on column queue.dependencies.after_job_id is 'For whom: a job that was there before.';
comment on column queue.dependencies.settled_at is 'When that one ended; null while it has not.';
comment on column queue.dependencies.on_failure is
  'When that one is dead or cancelled: cancel the waiting job | run it all the same | wait for a '
  'retry of the dead one (a cancelled one cannot be retried: then as cancel).';
comment on column queue.dependencies.outcome is
  'How that one ended: completed | discarded | cancelled | dead; null while it has not. abandoned: '
  'the waiting job was cancelled before.';

create table queue.waits (
  wait_id bigint generated always as identity,
  job_id bigint,
  created_at timestamptz not null default clock_now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  parked boolean not null default false,
  outcome text,
  name text not null,
  payload jsonb,
  constraint waits_pkey primary key (wait_id),
  constraint waits_job_id_name_key unique (job_id, name),
  constraint waits_outcome_check check (outcome in ('resumed', 'expired')),
  constraint waits_ended_check check ((ended_at is null) = (outcome is null)),
  constraint waits_parked_check check (not parked or (job_id is not null and ended_at is null))
);

-- Retention.
create index waits_ended_idx on queue.waits ((coalesce(ended_at, expires_at)));

comment on table queue.waits is
  'Events from outside that jobs wait for, and those that came before anybody waited. Kept until '
  'the history of their job is dropped.';
comment on column queue.waits.wait_id is 'Identity of the wait.';
comment on column queue.waits.job_id is
  'Who waits; null for a named event that came before anybody waited for it.';
comment on column queue.waits.created_at is 'When it was made.';
comment on column queue.waits.expires_at is 'How long the job waits.';
comment on column queue.waits.ended_at is 'When it was resumed or expired.';
comment on column queue.waits.parked is 'The job is parked until this wait ends.';
comment on column queue.waits.outcome is 'resumed | expired; null while it waits.';
comment on column queue.waits.name is
  'What the handler calls it. The same name in a later attempt is the same wait.';
comment on column queue.waits.payload is 'What came with the event.';

create table queue.wait_tokens (
  wait_id bigint not null,
  token_hash bytea not null,
  constraint wait_tokens_pkey primary key (token_hash),
  constraint wait_tokens_wait_id_fkey
    foreign key (wait_id) references queue.waits (wait_id) on delete cascade
);

create index wait_tokens_wait_id_idx on queue.wait_tokens (wait_id);

comment on table queue.wait_tokens is
  'What resumes a wait. An attempt that asks again for a token gets another one, and both hold: '
  'the first may be with the outside already, and is not kept.';
comment on column queue.wait_tokens.wait_id is 'Which wait.';
comment on column queue.wait_tokens.token_hash is
  'SHA-256 of a token that only the handler was told, or of the name of a named event.';

create table queue.job_data (
  job_id bigint not null,
  updated_at timestamptz not null default clock_now(),
  worker_id bigint not null,
  attempt integer not null,
  percent smallint,
  message text,
  checkpoint jsonb,
  result jsonb,
  constraint job_data_pkey primary key (job_id),
  constraint job_data_percent_check check (percent between 0 and 100)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- Retention.
create index job_data_updated_idx on queue.job_data (updated_at);

comment on table queue.job_data is
  'What jobs say of themselves: progress, checkpoint, result. Only those that do have a row; kept '
  'until the history of the job is dropped.';
comment on column queue.job_data.job_id is 'Which job.';
comment on column queue.job_data.updated_at is 'When it was last written.';
comment on column queue.job_data.worker_id is 'Who wrote it; with attempt its fence.';
comment on column queue.job_data.attempt is 'The attempt that wrote it.';
comment on column queue.job_data.percent is 'How far the job is, 0 to 100.';
comment on column queue.job_data.message is 'What it is doing, for people.';
comment on column queue.job_data.checkpoint is 'Where the next attempt goes on.';
comment on column queue.job_data.result is 'What the job gave.';

create table queue.unique_periods (
  unique_key text not null,
  job_id bigint not null,
  expires_at timestamptz not null,
  constraint unique_periods_pkey primary key (unique_key)
);

create index unique_periods_expires_idx on queue.unique_periods (expires_at);

comment on table queue.unique_periods is
  'Unique keys of scope "period": held from the enqueue for a time, whatever becomes of the job.';
comment on column queue.unique_periods.unique_key is 'The key.';
comment on column queue.unique_periods.job_id is 'The job that holds it.';
comment on column queue.unique_periods.expires_at is 'From then on it is free.';

comment on column queue.jobs.unique_scope is
  'waiting (the key is free again at the first claim) | unfinished (at the end) | period (for a '
  'time from the enqueue: queue.unique_periods). Null without key.';
