-- The order in which jobs are claimed, written into each row, and the limits on claims.
--
-- Locks: adding columns takes queue.jobs in access exclusive mode for a moment and rewrites
-- nothing. Jobs that are waiting already get their place in 0022, the indexes come in 0023 to
-- 0027, each without a lock that stops workers.

alter table queue.jobs
  add column order_at timestamptz not null default clock_now(),
  add column rank smallint not null default 0,
  add column line text not null default '',
  add column group_slot smallint;

comment on column queue.jobs.order_at is
  'Its place in line: run_at, or when its group let it go; in queues with ageing later by priority '
  'times queues.ageing. First come, first served.';
comment on column queue.jobs.rank is
  'Priority in queues that serve strictly by priority; 0 in queues with ageing.';
comment on column queue.jobs.line is
  'Its kind, if that has a line of its own (kinds.own_line); else empty.';
comment on column queue.jobs.group_slot is
  'Which of the places of its group the running job holds, from 0.';

alter table queue.queues
  add column ageing interval,
  add constraint queues_ageing_check check (ageing > interval '0' and ageing <= interval '30 days');

comment on column queue.queues.ageing is
  'What one step of priority is worth in waiting time. Null: strictly by priority, so that urgent '
  'work can starve the rest.';

create table queue.kinds (
  kind text not null,
  paused boolean not null default false,
  own_line boolean not null default false,
  changed_at timestamptz not null default clock_now(),
  constraint kinds_pkey primary key (kind)
);

comment on table queue.kinds is
  'Settings of a kind. A kind without a row has the defaults: it needs no registration.';
comment on column queue.kinds.kind is 'Its name.';
comment on column queue.kinds.paused is 'While true no worker claims jobs of this kind.';
comment on column queue.kinds.own_line is
  'Its jobs stand in a line of their own in each queue, so that they do not stand in the way of '
  'others when they may not run: it is or was paused, limited, or unknown to some workers.';
comment on column queue.kinds.changed_at is 'When a setting last changed.';

create table queue.limits (
  scope text not null,
  name text not null,
  max_running integer,
  per_second double precision,
  burst integer,
  tokens double precision,
  refilled_at timestamptz,
  changed_at timestamptz not null default clock_now(),
  constraint limits_pkey primary key (scope, name),
  constraint limits_scope_check check (scope in ('queue', 'kind', 'group', 'key')),
  constraint limits_max_running_check
    check (max_running between case scope when 'group' then 1 else 0 end and 10000),
  constraint limits_rate_check
    check (per_second > 0 and per_second <= 1000000 and burst between 1 and 1000000),
  constraint limits_tokens_check
    check ((per_second is null) = (burst is null)
      and (per_second is null) = (tokens is null)
      and (per_second is null) = (refilled_at is null)),
  constraint limits_group_check check (scope <> 'group' or per_second is null),
  constraint limits_key_check check (scope <> 'key' or max_running is null)
) with (fillfactor = 50);

comment on table queue.limits is
  'What the whole fleet may do at most: jobs at once and per second of a queue or a kind, jobs at '
  'once of a group, calls per second under a key that handlers name. Set with queue.set_limit.';
comment on column queue.limits.scope is
  'queue | kind | group | key (a token bucket for handlers: queue.take_tokens).';
comment on column queue.limits.name is 'The queue, kind, group_key or key that it holds for.';
comment on column queue.limits.max_running is
  'Jobs that may be claimed at once, fleet-wide; null: any number. A group without a row has 1.';
comment on column queue.limits.per_second is
  'Tokens that the bucket gains a second; null: no rate.';
comment on column queue.limits.burst is 'Tokens that the bucket holds at most.';
comment on column queue.limits.tokens is 'Tokens in the bucket at refilled_at.';
comment on column queue.limits.refilled_at is 'When tokens was last written.';
comment on column queue.limits.changed_at is 'When somebody last set it.';
