-- What stands in the way of a job that is not running and lies in the fleet: pauses, missing or
-- busy workers, limits, the jobs before it. See queue.explain.
create or replace function queue.fleet_obstacles(p_job queue.jobs)
returns table (
  reason text,
  detail text,
  until timestamptz
)
language plpgsql stable
as $$
declare
  v_now constant timestamptz := clock_now();
  v_ahead bigint := 0;
  v_rate double precision;
  v_slots bigint;
  v_running bigint;
begin
  return query
    select 'queue_paused', format('the queue %s is paused; resume it', q.queue), null::timestamptz
    from queue.queues as q
    where q.queue = p_job.queue and q.paused
    union all
    select 'kind_paused', format('the kind %s is paused; resume it', k.kind), null
    from queue.kinds as k
    where k.kind = p_job.kind and k.paused;

  select sum(w.concurrency), (
    select count(*) from queue.jobs as j
    where j.state = 'running' and j.worker_id = any (array_agg(w.worker_id)))
  into v_slots, v_running
  from queue.workers as w
  where w.state = 'running'
    and p_job.queue = any (w.queues)
    and p_job.kind = any (w.kinds);
  if v_slots is null then
    return query select 'no_worker',
      format('no worker that lives takes the kind %s from the queue %s; start one',
        p_job.kind, p_job.queue),
      null::timestamptz;
  end if;
  if p_job.state <> 'ready' then
    return;
  end if;

  select count(*) into v_ahead
  from (
    select from queue.jobs as j
    where j.state = 'ready'
      and j.queue = p_job.queue
      and j.line = p_job.line
      and (j.rank, j.order_at, j.job_id) < (p_job.rank, p_job.order_at, p_job.job_id)
    limit 10000
  ) as earlier;
  return query
    select 'limit',
      format('%s jobs of the %s %s may run at once', l.max_running, l.scope, l.name),
      null::timestamptz
    from queue.limits as l
    where ((l.scope = 'queue' and l.name = p_job.queue)
        or (l.scope = 'kind' and l.name = p_job.kind))
      and l.max_running <= (
        select count(*) from queue.jobs as j
        where j.state = 'running'
          and case l.scope when 'queue' then j.queue else j.kind end = l.name)
    union all
    select 'rate',
      format('%s jobs of the %s %s may start a second', l.per_second, l.scope, l.name),
      v_now + (v_ahead + 1 - queue.tokens_at(l, v_now)) / l.per_second * interval '1 second'
    from queue.limits as l
    where ((l.scope = 'queue' and l.name = p_job.queue)
        or (l.scope = 'kind' and l.name = p_job.kind))
      and queue.tokens_at(l, v_now) < v_ahead + 1;

  if v_ahead > 0 then
    select sum(l.ended / l.seconds) into v_rate
    from queue.lately() as l
    where l.queue = p_job.queue and l.outcome = 'completed';
    return query select 'behind',
      format('%s%s jobs stand before it in line', case when v_ahead = 10000 then 'at least ' end,
        v_ahead),
      v_now + v_ahead / nullif(v_rate, 0) * interval '1 second';
  end if;
  if v_running >= v_slots then
    return query select 'workers_busy',
      format('all %s places of the workers that would take it are busy', v_slots),
      case when v_ahead > 0 then v_now end;
  end if;
end
$$;

comment on function queue.fleet_obstacles(queue.jobs) is
  'What stands in a job''s way that lies in the fleet; internal to queue.explain.';
