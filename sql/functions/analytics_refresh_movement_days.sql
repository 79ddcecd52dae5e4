-- Computes analytics.movement_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_movement_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.movement_days', 0));
  delete from analytics.movement_days as d where d.day >= p_since;
  insert into analytics.movement_days (
    tenant_id, day, sku, location_code, received, shipped, returned, adjusted, other,
    net_change)
  select m.tenant_id, (m.created_at at time zone 'UTC')::date, i.sku, l.code,
    coalesce(sum(m.on_hand_delta) filter (where m.kind = 'received'), 0),
    coalesce(-sum(m.on_hand_delta) filter (where m.kind = 'shipped'), 0),
    coalesce(sum(m.on_hand_delta) filter (where m.kind = 'returned'), 0),
    coalesce(sum(m.on_hand_delta) filter (where m.kind = 'adjusted'), 0),
    coalesce(sum(m.on_hand_delta) filter (
      where m.kind not in ('received', 'shipped', 'returned', 'adjusted')), 0),
    sum(m.on_hand_delta)
  from stock_movements as m
  join inventory_items as i using (tenant_id, inventory_item_id)
  join locations as l using (tenant_id, location_id)
  where m.created_at >= v_since
    and m.on_hand_delta <> 0
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_movement_days(date) is
  'Computes analytics.movement_days anew, from a day on.';
