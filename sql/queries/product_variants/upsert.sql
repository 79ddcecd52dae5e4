-- A variant with the stock item that it is made of. $1 tenant, $2 product, $3 SKU, $4 title,
-- $5 kind, $6 price, $7 currency, $8 provider or null, $9 needs a recipient's phone,
-- $10 attributes, $11 whether stock is counted, $12 low stock threshold.
with variant as (
  insert into product_variants (
    tenant_id, product_id, sku, title, kind, price, currency, fulfillment_provider,
    requires_recipient_phone, attributes)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict on constraint product_variants_sku_key do update
  set
    product_id = excluded.product_id,
    title = excluded.title,
    kind = excluded.kind,
    price = excluded.price,
    currency = excluded.currency,
    fulfillment_provider = excluded.fulfillment_provider,
    requires_recipient_phone = excluded.requires_recipient_phone,
    attributes = excluded.attributes,
    status = 'active',
    updated_at = clock_now()
  returning tenant_id, variant_id
),
item as (
  insert into inventory_items (tenant_id, sku, track_inventory, low_stock_threshold)
  values ($1, $3, $11, $12)
  on conflict on constraint inventory_items_sku_key do update
  set
    track_inventory = excluded.track_inventory,
    low_stock_threshold = excluded.low_stock_threshold
  returning tenant_id, inventory_item_id
),
part as (
  insert into variant_inventory_items (tenant_id, variant_id, inventory_item_id)
  select tenant_id, variant_id, inventory_item_id
  from variant
  join item using (tenant_id)
  on conflict on constraint variant_inventory_items_pkey do nothing
)
select variant_id
from variant
