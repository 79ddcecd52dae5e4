-- Unfinished and dead jobs by queue, kind and state, and the age of the oldest: for ready jobs how
-- long it has been due, for running ones how long it has run, for the rest since its enqueue.
-- Reads all of the hot table: for people and for the fleet's one sampler, not for loops.
create or replace view queue.stats
with (security_invoker = true) as
select
  queue,
  kind,
  state,
  count(*) as jobs,
  greatest(0, extract(epoch from clock_now() - min(
    case state
      when 'ready' then run_at
      when 'blocked' then run_at
      when 'running' then claimed_at
      else created_at
    end)))::double precision as oldest_age_seconds
from queue.jobs
group by queue, kind, state
union all
select
  queue,
  kind,
  'dead',
  count(*),
  greatest(0, extract(epoch from clock_now() - min(died_at)))::double precision
from queue.dead_jobs
group by queue, kind;

comment on view queue.stats is 'Unfinished and dead jobs by queue, kind and state.';
comment on column queue.stats.queue is 'The queue.';
comment on column queue.stats.kind is 'The kind of the jobs.';
comment on column queue.stats.state is 'scheduled | ready | blocked | waiting | running | dead.';
comment on column queue.stats.jobs is 'How many.';
comment on column queue.stats.oldest_age_seconds is
  'Age of the oldest: since due (ready, blocked), claimed (running), died (dead) or enqueued.';
