-- What each product sold and brought in, by day.
-- E.g. Which ten products brought in most this month?
create or replace view analytics.revenue_by_product
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.sku,
  d.product_name,
  d.currency,
  d.orders,
  d.units,
  d.units_cancelled,
  d.units_returned,
  d.gross_amount,
  d.net_amount
from analytics.product_days as d;

comment on view analytics.revenue_by_product is
  'What each product sold and brought in, by day. E.g. Which ten products brought in most this '
  'month?';
comment on column analytics.revenue_by_product.tenant_id is 'The shop.';
comment on column analytics.revenue_by_product.day is 'Day in UTC.';
comment on column analytics.revenue_by_product.sku is 'Stock keeping unit.';
comment on column analytics.revenue_by_product.product_name is 'The product''s name.';
comment on column analytics.revenue_by_product.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.revenue_by_product.orders is 'Orders.';
comment on column analytics.revenue_by_product.units is 'Units ordered.';
comment on column analytics.revenue_by_product.units_cancelled is
  'Units given up again, with their order or alone.';
comment on column analytics.revenue_by_product.units_returned is 'Units that came back.';
comment on column analytics.revenue_by_product.gross_amount is
  'Price of all units ordered, minor units.';
comment on column analytics.revenue_by_product.net_amount is
  'Price of the units that were neither given up nor returned.';
