-- Computes analytics.call_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- Rows go after their retention: a day that lost some of them stays as it was counted.
create or replace function analytics.refresh_call_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_first_day date;
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.call_days', 0));
  select (coalesce(min(s.created_at), clock_now()) at time zone 'UTC')::date into v_first_day
  from fulfillment_logs as s;
  if exists (select from analytics.call_days as d where d.day <= v_first_day) then
    v_since := greatest(v_since, (v_first_day + 1)::timestamp at time zone 'UTC',
      analytics.put_away_until());
  end if;
  delete from analytics.call_days as d where d.day >= (v_since at time zone 'UTC')::date;
  insert into analytics.call_days (
    tenant_id, day, provider_code, action, status, error_code, calls, retryable, p50_ms,
    p95_ms)
  select g.tenant_id, (g.created_at at time zone 'UTC')::date, g.provider_code, g.action, g.status,
    coalesce(g.error_code, 'none'), count(*), count(*) filter (where g.retryable),
    percentile_cont(0.5) within group (order by g.duration_ms),
    percentile_cont(0.95) within group (order by g.duration_ms)
  from fulfillment_logs as g
  where g.created_at >= v_since
  group by 1, 2, 3, 4, 5, 6;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_call_days(date) is
  'Computes analytics.call_days anew, from a day on.';
