-- Computes analytics.carrier_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_carrier_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.carrier_days', 0));
  delete from analytics.carrier_days as d where d.day >= p_since;
  insert into analytics.carrier_days (
    tenant_id, day, carrier_code, service, country, currency, shipments, delivered, estimated,
    on_time, troubled, transit_p50_hours, transit_p95_hours, cost)
  select s.tenant_id, (coalesce(s.shipped_at, s.created_at) at time zone 'UTC')::date,
    s.carrier_code, coalesce(s.service, 'standard'),
    coalesce(o.shipping_address->>'country', 'none'), coalesce(s.currency, o.currency), count(*),
    count(s.delivered_at),
    count(*) filter (where s.delivered_at is not null and s.estimated_delivery_at is not null),
    count(*) filter (where s.delivered_at <= s.estimated_delivery_at),
    count(*) filter (where s.status in ('exception', 'returned', 'expired')
      or exists (
        select from tracking_events as e
        where e.tenant_id = s.tenant_id and e.shipment_id = s.shipment_id
          and e.status in ('exception', 'returned', 'expired'))),
    percentile_cont(0.5) within group (
      order by extract(epoch from s.delivered_at - s.shipped_at)::double precision / 3600),
    percentile_cont(0.95) within group (
      order by extract(epoch from s.delivered_at - s.shipped_at)::double precision / 3600),
    coalesce(sum(s.cost), 0)
  from shipments as s
  join orders as o using (tenant_id, order_id)
  where coalesce(s.shipped_at, s.created_at) >= v_since
  group by 1, 2, 3, 4, 5, 6;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_carrier_days(date) is
  'Computes analytics.carrier_days anew, from a day on.';
