-- How much of each item each location has, has promised, and can still sell.
create or replace view vw_inventory_status
with (security_invoker = true) as
select
  i.tenant_id,
  i.inventory_item_id,
  i.sku,
  (select p.name
    from variant_inventory_items as vi
    join product_variants as v using (tenant_id, variant_id)
    join products as p using (tenant_id, product_id)
    where vi.tenant_id = i.tenant_id
      and vi.inventory_item_id = i.inventory_item_id
    order by v.variant_id
    limit 1) as product_name,
  lo.location_id,
  lo.code as location_code,
  coalesce(l.on_hand, 0) as on_hand,
  coalesce(l.reserved, 0) as reserved,
  coalesce(l.allocated, 0) as allocated,
  coalesce(l.available, 0) as available,
  i.low_stock_threshold,
  case
    when not i.track_inventory then 'UNTRACKED'
    when coalesce(l.available + l.backordered, 0) < 0 then 'OVERCOMMITTED'
    when coalesce(l.available, 0) <= 0 then 'OUT_OF_STOCK'
    when l.available <= i.low_stock_threshold then 'LOW_STOCK'
    else 'IN_STOCK'
  end as stock_status,
  (select min(r.expires_at)
    from inventory_reservations as r
    where r.tenant_id = i.tenant_id
      and r.inventory_item_id = i.inventory_item_id
      and r.location_id = l.location_id
      and r.status = 'reserved') as next_expiry_at,
  coalesce(l.incoming, 0) as incoming,
  coalesce(l.damaged, 0) as damaged,
  coalesce(l.safety_stock, 0) as safety_stock,
  coalesce(l.backordered, 0) as backordered,
  l.backorder_limit,
  l.preorder_limit,
  l.release_at
from inventory_items as i
left join inventory_levels as l using (tenant_id, inventory_item_id)
left join locations as lo using (tenant_id, location_id);

comment on view vw_inventory_status is
  'Stock per item and location: on hand, promised, available, and whether that is little.';
comment on column vw_inventory_status.tenant_id is 'The shop.';
comment on column vw_inventory_status.inventory_item_id is 'Key of the stock item.';
comment on column vw_inventory_status.sku is 'SKU of the stock item.';
comment on column vw_inventory_status.product_name is 'A product that is made of it.';
comment on column vw_inventory_status.location_id is 'Key of the location; null: stocked nowhere.';
comment on column vw_inventory_status.location_code is 'Short name of the location.';
comment on column vw_inventory_status.on_hand is 'Units physically there.';
comment on column vw_inventory_status.reserved is 'Units promised to unconfirmed orders.';
comment on column vw_inventory_status.allocated is 'Units promised to confirmed orders.';
comment on column vw_inventory_status.available is 'Units that can still be promised.';
comment on column vw_inventory_status.low_stock_threshold is
  'At or below it the item is LOW_STOCK.';
comment on column vw_inventory_status.stock_status is
  'UNTRACKED, OVERCOMMITTED, OUT_OF_STOCK, LOW_STOCK or IN_STOCK.';
comment on column vw_inventory_status.next_expiry_at is
  'When the next unconfirmed promise lapses, if none is confirmed before.';
comment on column vw_inventory_status.incoming is 'Units on their way there.';
comment on column vw_inventory_status.damaged is 'Units there that can not be sold.';
comment on column vw_inventory_status.safety_stock is 'Units kept back from new promises.';
comment on column vw_inventory_status.backordered is
  'Promised units for which goods are awaited; available is negative by them.';
comment on column vw_inventory_status.backorder_limit is
  'Units that may be promised beyond the stock; null: without limit.';
comment on column vw_inventory_status.preorder_limit is
  'Units that may be promised before release_at; null: without limit.';
comment on column vw_inventory_status.release_at is 'A preorder: nothing leaves before.';
