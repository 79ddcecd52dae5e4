-- Takes up to p_limit ready jobs for a worker: queue by queue as given, within a queue by priority,
-- run_at, job_id; only kinds that the worker knows, none of a paused queue. Rows come unordered.
-- p_max_attempts are the attempts that the policy of each kind allows, where a job does not say.
--
-- Raises 23505 on jobs_group_running_idx when another worker took a job of the same group in the
-- same instant: nothing is claimed, and the caller tries again at once. Raises P0LSE when the
-- worker was declared dead. (Should that happen while this runs, queue.rescue() finds what it
-- claimed.)
--
-- The plan must be made for the actual limit: with an unknown one PostgreSQL expects a tenth of
-- the table, sorts, and a claim of ten costs 16 ms instead of 0.9 ms (hence force_custom_plan).
-- Locks: the claimed rows, skipping locked ones. Index: jobs_ready_idx.
create or replace function queue.claim(
  p_worker_id bigint,
  p_queues text[],
  p_kinds text[],
  p_max_attempts smallint[],
  p_limit integer
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
  claimed_at timestamptz
)
language plpgsql volatile
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  v_queue text;
  v_left integer := p_limit;
  v_found integer;
begin
  if not exists (
    select from queue.workers as w
    where w.worker_id = p_worker_id and w.state in ('running', 'draining')
  ) then
    raise exception 'worker % was declared dead', p_worker_id using errcode = 'P0LSE';
  end if;

  foreach v_queue in array p_queues loop
    exit when v_left <= 0;
    continue when exists (
      select from queue.queues as q where q.queue = v_queue and q.paused);

    return query
    with candidate as materialized (
      select j.job_id, j.group_key, j.priority, j.run_at
      from queue.jobs as j
      where j.state = 'ready'
        and j.queue = v_queue
        and j.kind = any (p_kinds)
      order by j.priority, j.run_at, j.job_id
      limit v_left
      for update skip locked
    ),
    grouped as materialized (
      select distinct on (c.group_key) c.job_id
      from candidate as c
      where c.group_key is not null
        and not exists (
          select from queue.jobs as running
          where running.group_key = c.group_key
            and running.state = 'running'
        )
      order by c.group_key, c.priority, c.run_at, c.job_id
    ),
    -- Two of a group can be ready when their enqueues did not see each other: one has to wait.
    parked as (
      update queue.jobs as j
      set state = 'blocked'
      where j.job_id = any (array(
        select c.job_id
        from candidate as c
        where c.group_key is not null
          and c.job_id not in (select g.job_id from grouped as g)
      ))
    )
    update queue.jobs as j
    set
      state = 'running',
      attempt = j.attempt + 1,
      worker_id = p_worker_id,
      claimed_at = clock_now(),
      unique_held = j.unique_held and j.unique_scope <> 'waiting',
      max_attempts = coalesce(j.max_attempts, p_max_attempts[array_position(p_kinds, j.kind)])
    where j.job_id = any (array(
      select c.job_id from candidate as c where c.group_key is null
      union all
      select g.job_id from grouped as g
    ))
    returning
      j.job_id, j.attempt, j.forgiven, j.max_attempts, j.priority, j.queue, j.kind, j.args,
      j.group_key, j.trace_context, j.run_at, j.created_at, j.claimed_at;

    get diagnostics v_found = row_count;
    v_left := v_left - v_found;
  end loop;
end
$$;

comment on function queue.claim(bigint, text[], text[], smallint[], integer) is
  'Leases up to p_limit ready jobs to a worker; internal, called by the workers.';
