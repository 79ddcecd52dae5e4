-- A worker gives a sign of life, and does in the same statement whatever the fleet needs now and
-- then, unless another did a moment ago.
--
-- While any worker holds leases, those that hold none take turns in looking after the fleet, for
-- somebody might have to be rescued: listeners are told of each look (channel queue_beat: busy or
-- idle, and when the next job is due), and whoever has heard of none for half a heartbeat goes
-- next. While none does, each looks in its own time, rarely, and nobody is told.
--   p_resting   it holds no lease and is about to claim none: it need not be missed soon, and
--               promises its next sign for later. A claim takes that back (queue.hold_leases)
--   p_watching  it believes that some worker holds leases
--   p_look      it has free places and no work: are there ready jobs whose notification was lost?
-- It learns:
--   alive          false: it was declared dead; its jobs may run elsewhere; all else is null
--   eldest         of the running workers it has the smallest id, so it does what one of the fleet
--                  does (gauges, history partitions). No election: it follows from the rows
--   rank, workers  how many live workers have smaller ids, and how many there are
--   busy           some worker holds leases, or may
--   again_in_ms    when it has to give the next sign
--   cancelled      those of its running jobs that somebody cancelled
--   now_ms         the server's clock, milliseconds since 1970
--   chores         whether it looked after the fleet; only then the rest is told:
--   told           whether it told the listeners
--   ready          there are ready jobs, and it had asked
--   rescue, sweep  queue.rescue(), queue.sweep_groups() have something to do
--   next_due_ms    when the next scheduled job is due, since 1970
-- Index: workers_alive_idx, workers_uncleared_idx, jobs_cancel_requested_idx, jobs_scheduled_idx,
-- jobs_parked_idx.
create or replace function queue.beat(
  p_worker_id bigint,
  p_resting boolean,
  p_watching boolean,
  p_look boolean
)
returns table (
  alive boolean,
  eldest boolean,
  rank integer,
  workers integer,
  busy boolean,
  again_in_ms bigint,
  cancelled bigint[],
  now_ms bigint,
  chores boolean,
  told boolean,
  ready boolean,
  rescue boolean,
  sweep boolean,
  next_due_ms bigint
)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_fleet record;
  v_again_in_ms bigint;
  v_chores boolean;
  v_busy boolean;
  v_told boolean := false;
  v_ready boolean := false;
  v_rescue boolean;
  v_sweep boolean := false;
  v_next_due_ms bigint;
begin
  select
    count(*)::integer as workers,
    (count(*) filter (where w.worker_id < p_worker_id))::integer as rank,
    min(w.worker_id) filter (where w.state = 'running' and queue.alive_until(w) >= v_now) as eldest,
    max(w.chores_at) as chores_at,
    bool_or(queue.alive_until(w) < v_now and w.worker_id <> p_worker_id) as is_one_silent,
    -- Those that rest have promised more than the 1.2 heartbeats of those that do not.
    coalesce(bool_or(
      w.worker_id <> p_worker_id
      and coalesce(w.alive_until <= w.heartbeat_at + w.heartbeat_ms * interval '1.3 milliseconds',
        true)), false) as is_other_busy,
    max(w.heartbeat_ms) filter (where w.worker_id = p_worker_id) as heartbeat_ms
  into v_fleet
  from queue.workers as w
  where w.state in ('running', 'draining');

  -- The larger the fleet, the more rarely each of the resting says something. The eldest and its
  -- successor stay by it, so that the fleet's duties do not wait long for anybody. Sooner by
  -- chance: workers that began together must not beat together for ever, or always the same one
  -- has the chores.
  v_again_in_ms := v_fleet.heartbeat_ms * case
    when not p_resting then 0.4
    when v_fleet.rank < 2 then 4 * (0.75 + 0.25 * random())
    else greatest(4, 1.2 * v_fleet.workers) * (0.75 + 0.25 * random()) end;
  v_rescue := v_fleet.is_one_silent or exists (
    select from queue.workers as w where w.state in ('dead', 'stopped') and not w.cleared);
  v_busy := v_fleet.is_other_busy or v_rescue or not p_resting;
  v_chores := coalesce(
    v_fleet.chores_at < v_now - v_fleet.heartbeat_ms * interval '0.3 milliseconds', true);

  update queue.workers as w
  set
    heartbeat_at = v_now,
    alive_until =
      v_now + (v_again_in_ms + 0.8 * w.heartbeat_ms) * interval '1 millisecond',
    chores_at = case when v_chores then v_now else w.chores_at end
  where w.worker_id = p_worker_id
    and w.state in ('running', 'draining');
  if not found then
    return query select
      false, null::boolean, null::integer, null::integer, null::boolean, null::bigint,
      null::bigint[], null::bigint, null::boolean, null::boolean, null::boolean, null::boolean,
      null::boolean, null::bigint;
    return;
  end if;

  if v_chores then
    v_sweep := exists (select from queue.jobs as j where j.state = 'blocked');
    v_next_due_ms := ceil(extract(epoch from queue.next_due_at()) * 1000)::bigint;
    v_ready := p_look and queue.wake_ready();
    v_told := v_busy or p_watching or v_ready;
    if v_told then
      perform pg_notify(
        'queue_beat', case when v_busy then 'busy ' else 'idle ' end || coalesce(v_next_due_ms, 0));
    end if;
  end if;

  return query select
    true,
    coalesce(v_fleet.eldest = p_worker_id, false),
    v_fleet.rank,
    v_fleet.workers,
    v_busy,
    v_again_in_ms,
    array(
      select j.job_id
      from queue.jobs as j
      where j.worker_id = p_worker_id
        and j.state = 'running'
        and j.cancel_requested
    ),
    floor(extract(epoch from v_now) * 1000)::bigint,
    v_chores,
    v_told,
    v_ready,
    v_chores and v_rescue,
    v_sweep,
    v_next_due_ms;
end
$$;

comment on function queue.beat(bigint, boolean, boolean, boolean) is
  'A worker gives a sign of life and looks after the fleet; internal, called by the workers.';
