-- Why is this job not running, and when will it? One row for each thing that stands in its way now.
-- `until` is when that thing ends by itself, where that can be told. `estimate`, the same in all
-- rows, is when the job can be expected to start: null when one of them cannot be told (somebody
-- has to resume the queue, a handler has to end).
--
--   completed, cancelled, discarded, dead, running    its state says it all
--   scheduled                   its time has not come: first start, or the next attempt
--   dependency, event           it waits for other jobs, or for something outside
--   group                       the places of its group are taken
--   queue_paused, kind_paused   somebody paused them
--   no_worker                   no live worker takes this kind from this queue
--   limit, rate                 a limit of its queue or kind is reached
--   behind                      others stand before it in line
--   workers_busy                all workers that would take it are full
--   next                        nothing: the next claim takes it
--
-- Raises P0NOF when there is no such job. Reads at most 10,000 jobs before it. Locks: none.
create or replace function queue.explain(p_job_id bigint)
returns table (
  reason text,
  detail text,
  until timestamptz,
  estimate timestamptz
)
language plpgsql stable
set jit = off
as $$
#variable_conflict use_column
declare
  v_job queue.jobs;
begin
  select * into v_job from queue.jobs as j where j.job_id = p_job_id;
  if not found then
    return query
      select j.state, 'it ended at ' || to_char(j.finished_at at time zone 'UTC',
          'YYYY-MM-DD HH24:MI:SS "UTC"') || coalesce(': ' || j.last_error, '')
          || case j.state when 'dead' then '; retry it to have it run again' else '' end,
        null::timestamptz, null::timestamptz
      from queue.job(p_job_id) as j;
    if not found then
      raise exception 'there is no job %', p_job_id using errcode = 'P0NOF';
    end if;
    return;
  end if;

  if v_job.state = 'running' then
    return query
      select 'running', format('attempt %s runs on %s since %s%s',
          v_job.attempt - v_job.forgiven, w.name,
          to_char(v_job.claimed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
          case when v_job.cancel_requested then '; it is told to stop' else '' end),
        null::timestamptz, v_job.claimed_at
      from queue.workers as w
      where w.worker_id = v_job.worker_id;
    return;
  end if;

  return query
    with obstacle as (
      select * from queue.own_obstacles(v_job)
      union all
      select * from queue.fleet_obstacles(v_job)
    )
    select o.reason, o.detail, o.until,
      case when bool_and(o.until is not null) over () then max(o.until) over () end
    from obstacle as o;
  if not found then
    return query select
      'next', 'nothing stands in its way: the next claim takes it', clock_now(), clock_now();
  end if;
end
$$;

comment on function queue.explain(bigint) is
  'Why a job is not running, and when it can be expected to: one row for each obstacle.';
