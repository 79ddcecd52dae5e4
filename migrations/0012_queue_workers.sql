-- Who works (one row per worker process: its heartbeat is the lease of all its jobs), what is
-- paused, and when each schedule last ticked. New tables: no locks on anything that exists.

create table queue.workers (
  worker_id bigint generated always as identity,
  heartbeat_at timestamptz not null default clock_now(),
  started_at timestamptz not null default clock_now(),
  stopped_at timestamptz,
  heartbeat_ms integer not null,
  concurrency integer not null,
  name text not null,
  state text not null default 'running',
  version text not null default '',
  queues text[] not null,
  kinds text[] not null,
  constraint workers_pkey primary key (worker_id),
  constraint workers_state_check check (state in ('running', 'draining', 'stopped', 'dead')),
  constraint workers_heartbeat_ms_check check (heartbeat_ms > 0)
) with (fillfactor = 50);

create index workers_live_idx on queue.workers (heartbeat_at)
  where state in ('running', 'draining');

comment on table queue.workers is
  'One row per worker process. Its heartbeat is the lease of every job that it runs.';
comment on column queue.workers.worker_id is 'New at each start: part of the fencing token.';
comment on column queue.workers.heartbeat_at is 'When it last proved that it lives.';
comment on column queue.workers.started_at is 'When it registered.';
comment on column queue.workers.stopped_at is 'When it stopped or was declared dead.';
comment on column queue.workers.heartbeat_ms is
  'How often it promises to prove that it lives. Declared dead after 1.5 times that.';
comment on column queue.workers.concurrency is 'Jobs that it runs at once.';
comment on column queue.workers.name is 'For people; need not be unique.';
comment on column queue.workers.state is 'running | draining (shutting down) | stopped | dead.';
comment on column queue.workers.version is 'Version of its program.';
comment on column queue.workers.queues is 'Queues that it takes jobs from.';
comment on column queue.workers.kinds is 'Kinds that it has handlers for; it claims no other.';

create table queue.queues (
  queue text not null,
  paused boolean not null default false,
  changed_at timestamptz not null default clock_now(),
  constraint queues_pkey primary key (queue)
);

comment on table queue.queues is
  'Settings of a queue. A queue without a row has the defaults: it needs no registration.';
comment on column queue.queues.queue is 'Its name.';
comment on column queue.queues.paused is 'While true no worker claims from it.';
comment on column queue.queues.changed_at is 'When a setting last changed.';

create table queue.schedules (
  schedule text not null,
  kind text not null,
  every_ms bigint not null,
  last_tick_at timestamptz not null,
  last_job_id bigint,
  constraint schedules_pkey primary key (schedule),
  constraint schedules_every_ms_check check (every_ms > 0)
);

comment on table queue.schedules is
  'The last tick of each schedule. The worker that moves last_tick_at enqueues the tick''s job in '
  'the same transaction: one job per tick, with any number of workers and no leader.';
comment on column queue.schedules.schedule is 'Its name; for Schedule::Every the kind.';
comment on column queue.schedules.kind is 'Kind of the jobs that it makes.';
comment on column queue.schedules.every_ms is 'Distance of ticks in milliseconds, from the epoch.';
comment on column queue.schedules.last_tick_at is 'The last tick that made a job.';
comment on column queue.schedules.last_job_id is 'The job that it made.';
