-- Computes analytics.stock_items anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- Whole each time.
create or replace function analytics.refresh_stock_items(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_today constant date := (clock_now() at time zone 'UTC')::date;
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.stock_items', 0));
  delete from analytics.stock_items;
  insert into analytics.stock_items (
    tenant_id, sku, product_name, on_hand, promised, available, low_stock_threshold,
    units_shipped_30d, units_shipped_90d, on_hand_30d_ago)
  select i.tenant_id, i.sku, max(p.name), coalesce(max(l.on_hand), 0), coalesce(max(l.promised), 0),
    coalesce(max(l.available), 0), max(i.low_stock_threshold),
    coalesce(max(m.shipped_30d), 0), coalesce(max(m.shipped_90d), 0),
    coalesce(max(l.on_hand), 0) - coalesce(max(m.net_30d), 0)
  from inventory_items as i
  left join variant_inventory_items as vi using (tenant_id, inventory_item_id)
  left join product_variants as v using (tenant_id, variant_id)
  left join products as p using (tenant_id, product_id)
  left join (
    select tenant_id, inventory_item_id, sum(on_hand) as on_hand,
      sum(reserved + allocated) as promised,
      sum(available) as available
    from inventory_levels
    group by tenant_id, inventory_item_id
  ) as l using (tenant_id, inventory_item_id)
  left join (
    select d.tenant_id, d.sku,
      sum(d.shipped) filter (where d.day > v_today - 30) as shipped_30d,
      sum(d.shipped) as shipped_90d,
      sum(d.net_change) filter (where d.day > v_today - 30) as net_30d
    from analytics.movement_days as d
    where d.day > v_today - 90
    group by d.tenant_id, d.sku
  ) as m on m.tenant_id = i.tenant_id and m.sku = i.sku
  where i.track_inventory
  group by i.tenant_id, i.sku;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_stock_items(date) is
  'Computes analytics.stock_items anew, from a day on.';
