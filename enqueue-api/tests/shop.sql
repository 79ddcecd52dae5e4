-- A small shop for tests: airtime bundles of which there are plenty, and 20 mugs.
insert into locations (code, name) values ('ACC', 'Accra');
insert into products (product_code, name) values ('mtn', 'MTN data'), ('mug', 'Mug');
insert into product_variants (
  product_id, sku, title, kind, price, currency, fulfillment_provider, requires_recipient_phone,
  attributes)
select product_id, 'MTN-1GB', 'MTN 1 GB', 'digital', 1200, 'GHS', 'at_ishare', true,
  '{"network": "MTN", "capacity_gb": 1}'
from products
where product_code = 'mtn';
insert into product_variants (product_id, sku, title, kind, price, currency)
select product_id, 'MUG-RED', 'Red mug', 'physical', 4500, 'GHS'
from products
where product_code = 'mug';
insert into inventory_items (sku) values ('MTN-1GB'), ('MUG-RED');
insert into variant_inventory_items (variant_id, inventory_item_id)
select variant_id, inventory_item_id
from product_variants
join inventory_items using (tenant_id, sku);
select sp_receive_stock('MTN-1GB', 'ACC', 100000, 'opening stock');
select sp_receive_stock('MUG-RED', 'ACC', 20, 'opening stock');
