-- The policy of an item at each location that has it: $1 SKU, $2 tenant; no row: no such item.
-- Indexes: inventory_items_sku_key, inventory_levels_pkey.
select jsonb_build_object(
  'sku', i.sku,
  'levels', (
    select coalesce(jsonb_agg(jsonb_build_object(
        'location', lo.code,
        'backorder_limit', l.backorder_limit,
        'preorder_limit', l.preorder_limit,
        'release_at', l.release_at,
        'safety_stock', l.safety_stock)
      order by lo.code), '[]')
    from inventory_levels as l
    join locations as lo using (tenant_id, location_id)
    where l.tenant_id = i.tenant_id
      and l.inventory_item_id = i.inventory_item_id)) as "policy!"
from inventory_items as i
where i.tenant_id = $2
  and i.sku = $1
