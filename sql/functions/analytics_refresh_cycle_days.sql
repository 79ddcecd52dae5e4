-- Computes analytics.cycle_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_cycle_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.cycle_days', 0));
  delete from analytics.cycle_days as d where d.day >= p_since;
  insert into analytics.cycle_days (
    tenant_id, day, orders, confirmed_orders, shipped_orders, delivered_orders,
    confirm_p50_seconds, confirm_p95_seconds, ship_p50_seconds, ship_p95_seconds,
    deliver_p50_seconds, deliver_p95_seconds, confirmed_in_time, shipped_in_time,
    delivered_in_time)
  select n.tenant_id, n.day, count(*), count(n.confirm_s), count(n.ship_s), count(n.deliver_s),
    percentile_cont(0.5) within group (order by n.confirm_s),
    percentile_cont(0.95) within group (order by n.confirm_s),
    percentile_cont(0.5) within group (order by n.ship_s),
    percentile_cont(0.95) within group (order by n.ship_s),
    percentile_cont(0.5) within group (order by n.deliver_s),
    percentile_cont(0.95) within group (order by n.deliver_s),
    count(*) filter (where n.confirm_s <= coalesce(t.confirm_seconds, 3600)),
    count(*) filter (where n.ship_s <= coalesce(t.ship_seconds, 172800)),
    count(*) filter (where n.deliver_s <= coalesce(t.deliver_seconds, 432000))
  from (
    select o.tenant_id, (o.placed_at at time zone 'UTC')::date as day,
      extract(epoch from o.confirmed_at - o.placed_at)::double precision as confirm_s,
      extract(epoch from f.shipped_at - o.placed_at)::double precision as ship_s,
      extract(epoch from o.delivered_at - o.placed_at)::double precision as deliver_s
    from orders as o
    left join (
      select tenant_id, order_id, min(shipped_at) as shipped_at
      from fulfillments
      where shipped_at >= v_since
      group by tenant_id, order_id
    ) as f using (tenant_id, order_id)
    where o.placed_at >= v_since
  ) as n
  left join analytics.sla_targets as t using (tenant_id)
  group by n.tenant_id, n.day;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_cycle_days(date) is
  'Computes analytics.cycle_days anew, from a day on.';
