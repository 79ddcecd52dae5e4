-- What people see and set: descriptors of kinds, service levels of queues, quotas of senders.
--
-- Locks: adding columns takes queue.kinds and queue.queues, tables of a few rows, in access
-- exclusive mode for a moment and rewrites nothing. Nothing is indexed anew: listing reads by
-- job_id, bulk changes by job_id, and queue.jobs pays for neither. The previous release neither
-- reads nor writes any of this; its kinds are described from their workers' rows.

alter table queue.kinds
  add column registered_at timestamptz,
  add column descriptor jsonb not null default '{}',
  add constraint kinds_descriptor_check check (jsonb_typeof(descriptor) = 'object');

comment on column queue.kinds.registered_at is
  'When a worker last registered it, to the minute; null: none of this release has.';
comment on column queue.kinds.descriptor is
  'What its workers say about it: queue, max_attempts, timeout_ms, retry, schedule, description, '
  'version. Of the worker that registered last.';

alter table queue.queues
  add column max_wait_ms bigint,
  add column max_waiting bigint,
  add constraint queues_max_wait_check check (max_wait_ms > 0),
  add constraint queues_max_waiting_check check (max_waiting > 0);

comment on column queue.queues.max_wait_ms is
  'Service level: the front door refuses jobs while a new one would wait longer. Null: never.';
comment on column queue.queues.max_waiting is
  'The front door refuses jobs while this many wait. Null: never.';

create table queue.quotas (
  sender text not null,
  max_waiting bigint,
  max_per_minute integer,
  balance double precision,
  refilled_at timestamptz,
  changed_at timestamptz not null default clock_now(),
  constraint quotas_pkey primary key (sender),
  constraint quotas_sender_check check (length(sender) between 1 and 200),
  constraint quotas_max_waiting_check check (max_waiting > 0),
  constraint quotas_max_per_minute_check check (max_per_minute > 0),
  constraint quotas_balance_check
    check ((max_per_minute is null) = (balance is null)
      and (max_per_minute is null) = (refilled_at is null))
) with (fillfactor = 50);

comment on table queue.quotas is
  'What one sender may put into the queue through the front door. Read and written by '
  'queue.admission, about once a second by each process that enqueues for others.';
comment on column queue.quotas.sender is 'Who: a name that the front door gives its callers.';
comment on column queue.quotas.max_waiting is
  'Refused while this many of its jobs are unfinished. Null: any number.';
comment on column queue.quotas.max_per_minute is
  'What its bucket gains a minute, and holds at most. Null: no rate.';
comment on column queue.quotas.balance is
  'Jobs it may still send at refilled_at. Below zero when several processes let in the last ones.';
comment on column queue.quotas.refilled_at is 'When balance was last written.';
comment on column queue.quotas.changed_at is 'When somebody last set it.';

create table queue.quota_jobs (
  sender text not null,
  job_id bigint not null,
  constraint quota_jobs_pkey primary key (sender, job_id),
  constraint quota_jobs_sender_fkey foreign key (sender)
    references queue.quotas (sender) on delete cascade
);

comment on table queue.quota_jobs is
  'The unfinished jobs of senders that have max_waiting; nobody else''s. Counted and cleared of '
  'finished ones by queue.admission, so that the hot table needs no sender and no index for it.';
comment on column queue.quota_jobs.sender is 'Whose job.';
comment on column queue.quota_jobs.job_id is 'The job.';
