-- Computes analytics.error_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_error_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.error_days', 0));
  delete from analytics.error_days as d where d.day >= p_since;
  insert into analytics.error_days (
    tenant_id, day, category, severity, stage, code, errors, open_errors, orders,
    resolve_p50_seconds)
  select e.tenant_id, (e.created_at at time zone 'UTC')::date, e.category, e.severity, e.stage,
    e.code, count(*), count(*) filter (where not e.is_resolved), count(distinct e.order_id),
    percentile_cont(0.5) within group (
      order by extract(epoch from e.resolved_at - e.created_at)::double precision)
  from order_errors as e
  where e.created_at >= v_since
  group by 1, 2, 3, 4, 5, 6;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_error_days(date) is
  'Computes analytics.error_days anew, from a day on.';
