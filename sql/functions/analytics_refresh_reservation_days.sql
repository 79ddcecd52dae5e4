-- Computes analytics.reservation_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_reservation_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.reservation_days', 0));
  delete from analytics.reservation_days as d where d.day >= p_since;
  insert into analytics.reservation_days (
    tenant_id, day, sku, reservations, units, units_reserved, units_committed,
    units_fulfilled, units_released, units_expired, held_p50_seconds)
  select r.tenant_id, (r.created_at at time zone 'UTC')::date, i.sku, count(*), sum(r.quantity),
    coalesce(sum(r.quantity) filter (where r.status = 'reserved'), 0),
    coalesce(sum(r.quantity) filter (where r.status = 'committed'), 0),
    coalesce(sum(r.quantity) filter (where r.status in ('fulfilled', 'returned')), 0),
    coalesce(sum(r.quantity) filter (where r.status = 'released'), 0),
    coalesce(sum(r.quantity) filter (where r.status = 'expired'), 0),
    percentile_cont(0.5) within group (
      order by extract(epoch from r.updated_at - r.created_at)::double precision)
      filter (where r.status in ('released', 'expired'))
  from inventory_reservations as r
  join inventory_items as i using (tenant_id, inventory_item_id)
  where r.created_at >= v_since
  group by 1, 2, 3;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_reservation_days(date) is
  'Computes analytics.reservation_days anew, from a day on.';
