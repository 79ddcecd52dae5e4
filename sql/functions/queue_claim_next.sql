-- Takes up to p_limit ready jobs for a worker: queue by queue as given, within a queue by rank, and
-- of the lines of one rank first the one whose head has waited longest; within a line by order_at,
-- job_id. Only kinds that the worker knows; none of a paused queue or kind; none beyond the limits.
-- Rows come unordered. p_max_attempts are the attempts that the policy of each kind allows, where a
-- job does not say.
--
-- p_known_…: the lines to look at, each from a place on. A worker gives them while a long
-- transaction elsewhere keeps dead index entries alive: a claim that starts at the head would read
-- them all again, each time. Empty: all lines, from their heads.
--
-- At most one row has no job_id. It says in how many milliseconds to look again, if limits hold
-- jobs back; and its args are the groups of jobs that were ready and have to wait, if any: such a
-- group may have become free meanwhile, by somebody who still saw its next job ready. So the worker
-- calls queue.free_groups for them after the commit.
--
-- Raises 23505 on jobs_group_slot_idx when another worker took a place of the same group in the
-- same instant: nothing is claimed, and the caller tries again at once. Raises P0LSE when the
-- worker was declared dead. (Should that happen while this runs, queue.rescue() finds what it
-- claimed.)
--
-- Unless it took jobs of groups, the claim is committed without waiting for the disk. Should the
-- server crash in that moment, the claim was never made: the jobs are ready, run again, and what
-- their first run writes is fenced, as after the death of a worker. A group's promise is more than
-- that, so its claims are durable.
--
-- The settings hold the plan to the index in its order. Left alone, PostgreSQL expects an unknown
-- limit to be a tenth of the table, and sorts: 16 ms instead of 0.9 ms for a claim of ten.
-- Its wild estimates would also have each claim compiled (jit), which takes seconds.
-- Locks: the claimed rows, skipping locked ones. Index: jobs_line_idx.
create or replace function queue.claim_next(
  p_worker_id bigint,
  p_queues text[],
  p_kinds text[],
  p_max_attempts smallint[],
  p_limit integer,
  p_known_queues text[] default '{}',
  p_known_ranks smallint[] default '{}',
  p_known_lines text[] default '{}',
  p_known_order_at timestamptz[] default '{}',
  p_known_job_ids bigint[] default '{}'
)
returns table (
  job_id bigint,
  attempt integer,
  forgiven integer,
  max_attempts smallint,
  priority smallint,
  queue text,
  kind text,
  args jsonb,
  group_key text,
  trace_context text,
  run_at timestamptz,
  created_at timestamptz,
  claimed_at timestamptz,
  rank smallint,
  line text,
  order_at timestamptz,
  look_again_ms bigint
)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_kinds text[];
  v_line record;
  v_room integer;
  v_left integer := p_limit;
  v_found integer;
  v_limited constant boolean := exists (
    select from queue.limits as l where l.scope in ('queue', 'kind'));
  v_look_again_at timestamptz;
  v_later timestamptz;
  v_synchronous_commit constant text := current_setting('synchronous_commit');
  v_rests boolean;
  -- Taken: reading their places and writing there is one pass each. As one statement over a join,
  -- each row is looked up by itself (measured: a fifth more).
  v_places tid[];
  v_grouped boolean;
  v_parked text[];
  v_parked_groups text[];
  -- Those among them that have a numbered place of their group, and which.
  v_seated tid[];
  v_slots integer[];
  v_now constant timestamptz := clock_now();
begin
  select coalesce(
    w.alive_until > clock_now() + w.heartbeat_ms * interval '1.2 milliseconds', false)
  into v_rests
  from queue.workers as w
  where w.worker_id = p_worker_id and w.state in ('running', 'draining');
  if v_rests is null then
    raise exception 'worker % was declared dead', p_worker_id using errcode = 'P0LSE';
  end if;

  perform set_config('synchronous_commit', 'off', true);
  v_kinds := array(
    select known.kind
    from unnest(p_kinds) as known(kind)
    where not exists (select from queue.kinds as k where k.kind = known.kind and k.paused));

  for v_line in
    select looked.*
    from (
      select *
      from queue.lines(case when p_known_queues = '{}' then p_queues else '{}' end)
      union all
      select *
      from unnest(
        p_known_queues, p_known_ranks, p_known_lines, p_known_order_at, p_known_job_ids)
    ) as looked(queue, rank, line, order_at, job_id)
    where not exists (select from queue.queues as q where q.queue = looked.queue and q.paused)
    order by array_position(p_queues, looked.queue), rank, order_at, job_id
  loop
    exit when v_left <= 0;
    continue when v_line.line <> '' and v_line.line <> all (v_kinds);
    v_room := v_left;
    if v_limited then
      select r.room, r.look_again_at into v_room, v_later
      from queue.room(v_line.queue, v_line.line, v_left) as r;
      v_look_again_at := least(v_look_again_at, v_later);
      continue when v_room <= 0;
    end if;

    select array_agg(c.place), bool_or(c.group_key is not null)
    into v_places, v_grouped
    from (
      select j.ctid as place, j.group_key
      from queue.jobs as j
      where j.state = 'ready'
        and j.queue = v_line.queue
        and j.rank = v_line.rank
        and j.line = v_line.line
        and (j.order_at, j.job_id) >= (v_line.order_at, v_line.job_id)
        and j.kind = any (v_kinds)
      order by j.order_at, j.job_id
      limit v_room
      for update skip locked
    ) as c;
    continue when v_places is null;

    if v_grouped then
      perform set_config('synchronous_commit', v_synchronous_commit, true);
      with grouped as materialized (
        select
          j.ctid as place, j.group_key, coalesce(l.max_running, 1) as places,
          row_number() over (
            partition by j.group_key
            order by j.priority, j.run_at, j.job_id) as turn
        from queue.jobs as j
        left join queue.limits as l on l.scope = 'group' and l.name = j.group_key
        where j.ctid = any (v_places)
          and j.group_key is not null
      ),
      granted as materialized (
        select g.place, null::integer as slot
        from grouped as g
        where g.places = 1
          and g.turn = 1
          -- Not "not exists": as a join it may be planned to read the index anew for each group.
          and (
            select running.job_id from queue.jobs as running
            where running.group_key = g.group_key
              and running.state = 'running'
            limit 1
          ) is null
        union all
        select g.place, free.slot
        from grouped as g
        cross join lateral (
          select slot
          from generate_series(0, g.places - 1) as slot
          where not exists (
            select from queue.jobs as running
            where running.group_key = g.group_key
              and running.group_slot = slot
              and running.state = 'running'
          )
          order by slot
          -- Whoever runs beyond a limit that was lowered takes a place all the same.
          offset g.turn - 1 + (
            select count(*) from queue.jobs as running
            where running.group_key = g.group_key
              and running.state = 'running'
              and coalesce(running.group_slot, 10000) >= g.places
          )
          limit 1
        ) as free
        where g.places > 1
      ),
      refused as materialized (
        select g.place, g.group_key
        from grouped as g
        where g.place not in (select granted.place from granted)
      ),
      -- More of a group can be ready than may run, when their enqueues did not see each other: they
      -- have to wait.
      parked as (
        update queue.jobs as j
        set state = 'blocked'
        where j.ctid = any (array(select r.place from refused as r))
      )
      select
        array(
          select t.place from unnest(v_places) as t(place)
          where t.place not in (select r.place from refused as r)),
        (select array_agg(g.place order by g.place) from granted as g where g.slot is not null),
        (select array_agg(g.slot order by g.place) from granted as g where g.slot is not null),
        array(select distinct r.group_key from refused as r)
      into v_places, v_seated, v_slots, v_parked;
      v_parked_groups := v_parked_groups || v_parked;
    end if;

    return query
    update queue.jobs as j
    set
      state = 'running',
      attempt = j.attempt + 1,
      worker_id = p_worker_id,
      claimed_at = v_now,
      unique_held = j.unique_held and j.unique_scope <> 'waiting',
      max_attempts = coalesce(j.max_attempts, p_max_attempts[array_position(p_kinds, j.kind)]),
      group_slot = case
        when j.group_key is not null
        then coalesce(v_slots[array_position(v_seated, j.ctid)], 0)
      end
    where j.ctid = any (v_places)
    returning
      j.job_id, j.attempt, j.forgiven, j.max_attempts, j.priority, j.queue, j.kind, j.args,
      j.group_key, j.trace_context, j.run_at, j.created_at, j.claimed_at, j.rank, j.line,
      j.order_at, null::bigint;

    get diagnostics v_found = row_count;
    v_left := v_left - v_found;
    if v_limited and v_found > 0 then
      perform queue.spend(v_line.queue, v_line.line, v_found);
    end if;
  end loop;

  if v_rests and v_left < p_limit then
    perform queue.hold_leases(p_worker_id);
  end if;
  if v_look_again_at is not null or v_parked_groups <> '{}' then
    return query select
      null::bigint, null::integer, null::integer, null::smallint, null::smallint, null::text,
      null::text, to_jsonb(v_parked_groups), null::text, null::text, null::timestamptz,
      null::timestamptz, null::timestamptz, null::smallint, null::text, null::timestamptz,
      ceil(extract(epoch from v_look_again_at - clock_now()) * 1000)::bigint;
  end if;
end
$$;

comment on function queue.claim_next(
  bigint, text[], text[], smallint[], integer, text[], smallint[], text[], timestamptz[], bigint[]
) is 'Leases up to p_limit ready jobs to a worker; internal, called by the workers.';
