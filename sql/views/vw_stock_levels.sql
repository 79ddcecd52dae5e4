-- Stock by item and place, for lists.
-- For lists that people page through: list_rows() reads it by SKU and place.
create or replace view vw_stock_levels
with (security_invoker = true) as
select
  s.tenant_id,
  s.sku,
  s.product_name,
  s.location_code,
  s.on_hand,
  s.reserved,
  s.allocated,
  s.available,
  s.low_stock_threshold,
  s.stock_status,
  s.next_expiry_at,
  coalesce(s.location_code, '') as place
from vw_inventory_status as s;

comment on view vw_stock_levels is 'Stock by item and place, for lists.';
comment on column vw_stock_levels.tenant_id is 'The shop.';
comment on column vw_stock_levels.sku is 'SKU of the stock item.';
comment on column vw_stock_levels.product_name is 'A product that is made of it.';
comment on column vw_stock_levels.location_code is 'Where; null: stocked nowhere.';
comment on column vw_stock_levels.on_hand is 'Units physically there.';
comment on column vw_stock_levels.reserved is 'Units promised to unconfirmed orders.';
comment on column vw_stock_levels.allocated is 'Units promised to confirmed orders.';
comment on column vw_stock_levels.available is 'Units that are not promised.';
comment on column vw_stock_levels.low_stock_threshold is 'At or below it the item is low.';
comment on column vw_stock_levels.stock_status is 'Whether that is little, in a word.';
comment on column vw_stock_levels.next_expiry_at is 'When the next unconfirmed promise lapses.';
comment on column vw_stock_levels.place is
  'location_code, or empty: tells the rows of a SKU apart.';
