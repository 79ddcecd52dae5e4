-- Computes analytics.state_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- Rows go with orders that are put away: days that lost some of them stay as they were counted.
create or replace function analytics.refresh_state_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.state_days', 0));
  if exists (
    select from analytics.state_days as d
    where d.day < (analytics.put_away_until() at time zone 'UTC')::date)
  then
    v_since := greatest(v_since, analytics.put_away_until());
  end if;
  delete from analytics.state_days as d where d.day >= (v_since at time zone 'UTC')::date;
  insert into analytics.state_days (
    tenant_id, day, axis, from_status, to_status, changes, held_seconds, held_p50_seconds,
    held_p95_seconds, held_max_seconds)
  select h.tenant_id, (h.created_at at time zone 'UTC')::date, h.axis,
    coalesce(h.from_status, 'start'), h.to_status, count(*),
    coalesce(sum(h.held_ms), 0) / 1000.0,
    percentile_cont(0.5) within group (order by h.held_ms) / 1000.0,
    percentile_cont(0.95) within group (order by h.held_ms) / 1000.0,
    max(h.held_ms) / 1000.0
  from order_state_history as h
  where h.created_at >= v_since
  group by 1, 2, 3, 4, 5;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_state_days(date) is
  'Computes analytics.state_days anew, from a day on.';
