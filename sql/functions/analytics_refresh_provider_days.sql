-- Computes analytics.provider_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_provider_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.provider_days', 0));
  delete from analytics.provider_days as d where d.day >= p_since;
  insert into analytics.provider_days (
    tenant_id, day, provider_code, country, fulfillments, delivered, failed, cancelled,
    attempts, retried, retried_delivered, deliver_p50_seconds, deliver_p95_seconds)
  select f.tenant_id, (f.created_at at time zone 'UTC')::date, f.provider_code,
    coalesce(o.shipping_address->>'country', 'none'), count(*),
    count(*) filter (where f.status = 'delivered'),
    count(*) filter (where f.status in ('failed', 'rejected', 'on_hold')),
    count(*) filter (where f.status = 'cancelled'),
    sum(f.attempt),
    count(*) filter (where f.attempt > 1),
    count(*) filter (where f.attempt > 1 and f.status = 'delivered'),
    percentile_cont(0.5) within group (
      order by extract(epoch from f.delivered_at - f.created_at)::double precision),
    percentile_cont(0.95) within group (
      order by extract(epoch from f.delivered_at - f.created_at)::double precision)
  from fulfillments as f
  join orders as o using (tenant_id, order_id)
  where f.created_at >= v_since
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_provider_days(date) is
  'Computes analytics.provider_days anew, from a day on.';
