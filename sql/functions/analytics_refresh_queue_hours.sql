-- Computes analytics.queue_hours anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- The queue forgets its history after a week, whole days at a time: hours before that stay.
create or replace function analytics.refresh_queue_hours(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.queue_hours', 0));
  v_since := greatest(v_since, (
    select date_trunc('hour', min(f.finished_at), 'UTC') from queue.finished_jobs as f));
  if v_since is null or not exists (select from queue.finished_jobs) then
    return 0;
  end if;
  delete from analytics.queue_hours as d where d.hour >= v_since;
  insert into analytics.queue_hours (
    tenant_id, hour, queue, kind, completed, abandoned, dead, attempts, retried,
    wait_p50_seconds, wait_p95_seconds, wait_max_seconds, run_p50_seconds, run_p95_seconds)
  select coalesce(n.tenant_id, '00000000-0000-0000-0000-000000000001'), n.hour, n.queue, n.kind,
    count(*) filter (where n.state = 'completed'),
    count(*) filter (where n.state in ('cancelled', 'discarded')),
    count(*) filter (where n.state = 'dead'),
    sum(n.attempt), count(*) filter (where n.state = 'completed' and n.attempt - n.forgiven > 1),
    percentile_cont(0.5) within group (order by n.wait_s),
    percentile_cont(0.95) within group (order by n.wait_s),
    max(n.wait_s),
    percentile_cont(0.5) within group (order by n.run_s),
    percentile_cont(0.95) within group (order by n.run_s)
  from (
    select
      case when j.args->>'tenant_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        then (j.args->>'tenant_id')::uuid end as tenant_id,
      date_trunc('hour', j.ended_at, 'UTC') as hour,
      j.queue, j.kind, j.state, j.attempt, j.forgiven,
      extract(epoch from j.claimed_at - j.run_at)::double precision as wait_s,
      extract(epoch from j.ended_at - j.claimed_at)::double precision as run_s
    from (
      select args, finished_at as ended_at, queue, kind, state, attempt, forgiven, claimed_at,
        run_at
      from queue.finished_jobs
      where finished_at >= v_since
      union all
      select args, died_at, queue, kind, 'dead', attempt, forgiven, claimed_at, run_at
      from queue.dead_jobs
      where died_at >= v_since
    ) as j
  ) as n
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_queue_hours(date) is
  'Computes analytics.queue_hours anew, from a day on.';
