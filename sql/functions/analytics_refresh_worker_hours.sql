-- Computes analytics.worker_hours anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- The queue forgets its history after a week, whole days at a time: hours before that stay.
create or replace function analytics.refresh_worker_hours(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.worker_hours', 0));
  v_since := greatest(v_since, (
    select date_trunc('hour', min(f.finished_at), 'UTC') from queue.finished_jobs as f));
  if v_since is null or not exists (select from queue.finished_jobs) then
    return 0;
  end if;
  delete from analytics.worker_hours as d where d.hour >= v_since;
  insert into analytics.worker_hours (
    tenant_id, hour, worker_id, worker_name, concurrency, jobs, busy_seconds)
  select '00000000-0000-0000-0000-000000000001'::uuid, date_trunc('hour', j.finished_at, 'UTC'),
    j.worker_id, coalesce(max(w.name), 'gone'), coalesce(max(w.concurrency), 1), count(*),
    sum(greatest(extract(epoch from j.finished_at - j.claimed_at)::double precision, 0))
  from queue.finished_jobs as j
  left join queue.workers as w using (worker_id)
  where j.finished_at >= v_since
    and j.state = 'completed'
    and j.worker_id is not null
  group by 1, 2, 3;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_worker_hours(date) is
  'Computes analytics.worker_hours anew, from a day on.';
