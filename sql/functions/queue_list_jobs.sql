-- Jobs that fit a filter (queue.job_condition), whatever their state, the newest first:
--   {"jobs": [..], "next": 4711}
-- Ask again with p_before => next for those after; null when there are none. A page may be short
-- and still have a next: of history one call reads at most two million jobs, in steps that grow,
-- so that a rare filter answers bit by bit and not after minutes.
-- Locks: none. Index: the keys of jobs and dead_jobs, finished_jobs_job_id_idx.
create or replace function queue.list_jobs(
  p_filter jsonb default '{}',
  p_before bigint default null,
  p_limit integer default 50
)
returns jsonb
language plpgsql stable
set jit = off
as $$
declare
  c_step constant bigint := 50000;
  c_budget constant bigint := 2000000;
  c_columns constant text :=
    'j.job_id, %s as state, j.queue, j.kind, j.priority, j.attempt, j.forgiven, j.max_attempts, '
    'j.run_at, j.created_at, j.claimed_at, %s as ended_at, j.worker_id, j.unique_key, '
    'j.group_key, %s as cancel_requested, left(j.last_error, 500) as last_error';
  c_parts constant jsonb := '[
    {"source": "jobs", "state": "j.state", "ended": "null::timestamptz",
     "cancel": "j.cancel_requested"},
    {"source": "dead_jobs", "state": "''dead''", "ended": "j.died_at", "cancel": "false"},
    {"source": "finished_jobs", "state": "j.state", "ended": "j.finished_at", "cancel": "false"}]';
  v_limit constant integer := least(greatest(p_limit, 1), 1000);
  v_before bigint := p_before;
  v_bottom bigint := 0;
  v_floor bigint;
  v_step bigint := c_step;
  v_query text;
  v_found jsonb;
  v_jobs jsonb := '[]';
begin
  if v_before is null then
    select last_value + 1 into v_before from queue.jobs_job_id_seq;
  end if;

  select string_agg(
    format('(select ' || c_columns || ' from queue.%I as j'
        || ' where j.job_id < $1 and j.job_id >= $2 and %s order by j.job_id desc limit $3)',
      part->>'state', part->>'ended', part->>'cancel', part->>'source', condition),
    ' union all ')
  into v_query
  from jsonb_array_elements(c_parts) as part
  cross join lateral queue.job_condition(p_filter, part->>'source') as condition
  where condition is not null;
  if v_query is null then
    return jsonb_build_object('jobs', v_jobs, 'next', null);
  end if;
  v_query := 'select coalesce(jsonb_agg(to_jsonb(found) order by found.job_id desc), ''[]'') from ('
    || 'select * from (' || v_query || ') as picked order by job_id desc limit $3) as found';

  if v_query like '% from queue.finished_jobs as j %' then
    select coalesce(min(eldest), v_before) into v_bottom
    from (
      select min(job_id) from queue.jobs
      union all select min(job_id) from queue.dead_jobs
      union all select min(job_id) from queue.finished_jobs
    ) as tables(eldest);
  else
    v_step := v_before;
  end if;

  loop
    v_floor := greatest(v_before - v_step, v_bottom);
    execute v_query into v_found
    using v_before, v_floor, v_limit - jsonb_array_length(v_jobs);
    v_jobs := v_jobs || v_found;
    if jsonb_array_length(v_jobs) >= v_limit then
      return jsonb_build_object('jobs', v_jobs, 'next', v_jobs->-1->'job_id');
    end if;
    exit when v_floor <= v_bottom or v_step >= c_budget;
    v_before := v_floor;
    v_step := v_step * 4;
  end loop;
  return jsonb_build_object(
    'jobs', v_jobs,
    'next', case when v_floor > v_bottom then v_floor end);
end
$$;

comment on function queue.list_jobs(jsonb, bigint, integer) is
  'A page of the jobs that fit a filter, newest first, as {jobs, next}; p_before is the last next.';
