-- Stock of a shop, item by item and location by location. $1 tenant.
select
  sku as "sku!",
  product_name,
  location_code,
  on_hand as "on_hand!",
  reserved as "reserved!",
  allocated as "allocated!",
  available as "available!",
  low_stock_threshold as "low_stock_threshold!",
  stock_status as "stock_status!",
  next_expiry_at
from vw_inventory_status
where tenant_id = $1
order by sku, location_code
