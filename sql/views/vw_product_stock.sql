-- What a shop sells, one row per variant, with its stock under the name that earlier systems know.
-- Of a kit there are as many as its scarcest part makes.
create or replace view vw_product_stock
with (security_invoker = true) as
select
  v.tenant_id,
  p.product_id,
  p.product_code,
  p.name as product_name,
  v.variant_id,
  v.sku,
  v.size,
  v.price,
  v.currency,
  case when p.status = 'active' then v.status else p.status end as status,
  n.stock_quantity,
  n.available_quantity,
  n.low_stock_threshold,
  case
    when n.variant_id is null then 'UNTRACKED'
    when n.available_quantity <= 0 then 'OUT_OF_STOCK'
    when n.available_quantity <= n.low_stock_threshold then 'LOW_STOCK'
    else 'IN_STOCK'
  end as stock_status
from product_variants as v
join products as p using (tenant_id, product_id)
left join (
  select
    vi.tenant_id,
    vi.variant_id,
    min(coalesce(s.on_hand, 0) / vi.required_quantity)::bigint as stock_quantity,
    min(floor(coalesce(s.available, 0)::numeric / vi.required_quantity))::bigint
      as available_quantity,
    max(i.low_stock_threshold) as low_stock_threshold
  from variant_inventory_items as vi
  join inventory_items as i using (tenant_id, inventory_item_id)
  left join (
    select tenant_id, inventory_item_id, sum(on_hand)::bigint as on_hand,
      sum(available)::bigint as available
    from inventory_levels
    group by tenant_id, inventory_item_id
  ) as s using (tenant_id, inventory_item_id)
  where i.track_inventory
  group by vi.tenant_id, vi.variant_id
) as n using (tenant_id, variant_id);

comment on view vw_product_stock is
  'Products and their variants with stock_quantity, what is on hand of each over all locations.';
comment on column vw_product_stock.tenant_id is 'The shop.';
comment on column vw_product_stock.product_id is 'Key of the product.';
comment on column vw_product_stock.product_code is 'The shop''s own name of the product.';
comment on column vw_product_stock.product_name is 'Name shown to people.';
comment on column vw_product_stock.variant_id is 'Key of the variant.';
comment on column vw_product_stock.sku is 'SKU that orders name.';
comment on column vw_product_stock.size is 'Size of the variant; null: none.';
comment on column vw_product_stock.price is 'Price of one unit in minor units.';
comment on column vw_product_stock.currency is 'ISO 4217 code of price.';
comment on column vw_product_stock.status is 'active or archived.';
comment on column vw_product_stock.stock_quantity is
  'Units on hand over all locations; null: not tracked, never runs out.';
comment on column vw_product_stock.available_quantity is
  'Units that are not promised; negative by what waits for goods.';
comment on column vw_product_stock.low_stock_threshold is 'At or below it the variant is low.';
comment on column vw_product_stock.stock_status is
  'UNTRACKED, OUT_OF_STOCK, LOW_STOCK or IN_STOCK over all locations.';
