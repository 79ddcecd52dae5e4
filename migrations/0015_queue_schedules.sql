-- Schedules get a calendar: a cron expression in a time zone with its policies, the tick that comes
-- next, a pause; and schedules that belong to no kind's policy but were made at run time.
--
-- Locks: access exclusive on queue.schedules, a table of few rows, for as long as the catalogue
-- takes; new columns have constant defaults, so nothing is rewritten. Workers of the release before
-- go on through queue.tick(text, text, text, bigint), which reads and writes these rows.

alter table queue.schedules
  alter column every_ms drop not null,
  alter column last_tick_at drop not null,
  add column next_tick_at timestamptz,
  add column changed_at timestamptz not null default clock_now(),
  add column revision bigint not null default 1,
  add column catch_up_max integer not null default 100,
  add column priority smallint not null default 0,
  add column paused boolean not null default false,
  add column source text not null default 'kind',
  add column expression text,
  add column zone text not null default 'UTC',
  add column dst text not null default 'auto',
  add column missed text not null default 'once',
  add column queue text not null default 'default',
  add column args jsonb not null default '{}',
  add column group_key text,
  add column problem text;

alter table queue.schedules
  add constraint schedules_when_check check (num_nonnulls(every_ms, expression) = 1) not valid,
  add constraint schedules_source_check check (source in ('kind', 'people')) not valid,
  add constraint schedules_dst_check check (dst in ('auto', 'once', 'skip', 'both')) not valid,
  add constraint schedules_missed_check check (missed in ('skip', 'once', 'catch_up')) not valid,
  add constraint schedules_catch_up_max_check check (catch_up_max between 1 and 1000) not valid,
  add constraint schedules_priority_check check (priority between -100 and 100) not valid;

alter table queue.schedules
  validate constraint schedules_when_check,
  validate constraint schedules_source_check,
  validate constraint schedules_dst_check,
  validate constraint schedules_missed_check,
  validate constraint schedules_catch_up_max_check,
  validate constraint schedules_priority_check;

-- What ticks already goes on where it stands.
update queue.schedules
set next_tick_at = last_tick_at + every_ms * interval '1 millisecond'
where every_ms is not null;

-- Workers read the schedules of their kinds.
create index schedules_kind_idx on queue.schedules (kind);

comment on table queue.schedules is
  'When jobs come by themselves. Workers compute the ticks; the one that moves next_tick_at on '
  'enqueues the tick''s job in the same transaction: one job per tick, with any number of workers '
  'and no leader.';
comment on column queue.schedules.schedule is
  'Its name; for the schedule of a kind''s policy the kind.';
comment on column queue.schedules.every_ms is
  'Distance of ticks in milliseconds, from the epoch; null when expression says when.';
comment on column queue.schedules.last_tick_at is
  'The last tick that made a job; none at or before it makes another.';
comment on column queue.schedules.next_tick_at is
  'The tick to come. Null until a worker has computed it, and when there is none.';
comment on column queue.schedules.changed_at is 'When its definition or pause last changed.';
comment on column queue.schedules.revision is
  'Rises with each change, so that a worker that read it before cannot tick it.';
comment on column queue.schedules.catch_up_max is
  'Where missed is catch_up: how many of the newest missed ticks run at most.';
comment on column queue.schedules.priority is 'Of its jobs: the smaller runs first.';
comment on column queue.schedules.paused is
  'While true it does not tick; ticks of that time are not made up for.';
comment on column queue.schedules.source is
  'kind (a registered kind''s policy, declared when a worker starts) | people '
  '(queue.upsert_schedule).';
comment on column queue.schedules.expression is 'Cron expression; null when every_ms says when.';
comment on column queue.schedules.zone is 'IANA time zone in which expression is meant.';
comment on column queue.schedules.dst is
  'What becomes of local times that a change of clocks leaves out or repeats: auto (both if the '
  'expression names no hours, else once) | once | skip | both.';
comment on column queue.schedules.missed is
  'What becomes of ticks that passed while no worker ran: skip | once (the newest) | catch_up.';
comment on column queue.schedules.queue is 'Queue of its jobs.';
comment on column queue.schedules.args is 'Arguments of its jobs.';
comment on column queue.schedules.group_key is
  'Group of its jobs; with one, they never overlap, however long one takes.';
comment on column queue.schedules.problem is
  'Why workers cannot tick it: an expression or a time zone that they cannot read.';
