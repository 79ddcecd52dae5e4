-- What stands in the way of a job that is not running and lies in the job itself: its time, what it
-- waits for, its group. See queue.explain.
create or replace function queue.own_obstacles(p_job queue.jobs)
returns table (
  reason text,
  detail text,
  until timestamptz
)
language plpgsql stable
as $$
begin
  if p_job.run_at > clock_now() and (p_job.state = 'scheduled' or p_job.waiting_for is not null)
  then
    return query select
      'scheduled',
      case when p_job.attempt > p_job.forgiven
        then format('attempt %s follows the failure of the one before: %s',
          p_job.attempt - p_job.forgiven + 1, coalesce(p_job.last_error, 'no error is known'))
        else 'its time has not come' end,
      p_job.run_at;
  end if;

  if p_job.waiting_for is not null then
    return query
      select 'dependency',
        format('it waits for %s more: %s%s', p_job.waiting_for,
          string_agg(format('job %s (%s)', before.after_job_id, before.state), ', '),
          case when p_job.waiting_for > 5 then ', ...' else '' end),
        null::timestamptz
      from (
        select d.after_job_id,
          coalesce((select j.state from queue.job(d.after_job_id) as j), 'unknown') as state
        from queue.dependencies as d
        where d.job_id = p_job.job_id and d.settled_at is null
        order by d.after_job_id
        limit 5
      ) as before;
  elsif p_job.state = 'waiting' then
    return query select 'event',
      coalesce(
        (
          select format('it is parked until %L is resumed, or its time is up', w.name)
          from queue.waits as w
          where w.job_id = p_job.job_id and w.parked
          limit 1
        ),
        'it is parked until something outside happens'),
      p_job.run_at;
  end if;

  if p_job.group_key is not null then
    return query
      select 'group',
        format('%s of %s places of its group %L are taken%s; %s of the group wait before it',
          busy.jobs, busy.places, p_job.group_key,
          coalesce(' by job ' || busy.example, ''), before.jobs),
        null::timestamptz
      from (
        select count(*) as jobs, min(j.job_id) as example,
          coalesce((
            select l.max_running from queue.limits as l
            where l.scope = 'group' and l.name = p_job.group_key), 1) as places
        from queue.jobs as j
        where j.group_key = p_job.group_key
          and j.state in ('ready', 'running')
          and j.job_id <> p_job.job_id
      ) as busy
      cross join lateral (
        select count(*) as jobs
        from (
          select from queue.jobs as j
          where p_job.state = 'blocked'
            and j.group_key = p_job.group_key
            and j.state = 'blocked'
            and (j.priority, j.run_at, j.job_id) < (p_job.priority, p_job.run_at, p_job.job_id)
          limit 10000
        ) as earlier
      ) as before
      where busy.jobs >= busy.places or before.jobs > 0;
  end if;
end
$$;

comment on function queue.own_obstacles(queue.jobs) is
  'What stands in a job''s way that lies in the job itself; internal to queue.explain.';
