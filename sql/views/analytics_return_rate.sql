-- How much of what was delivered comes back, by item.
-- E.g. Which products come back most often?
create or replace view analytics.return_rate
with (security_invoker = true) as
select
  d.tenant_id,
  d.sku,
  max(d.product_name) as product_name,
  sum(d.units_delivered)::bigint as units_delivered,
  sum(d.units_returned)::bigint as units_returned,
  round(sum(d.units_returned) / nullif(sum(d.units_delivered), 0), 4) as return_rate
from analytics.product_days as d
group by d.tenant_id, d.sku;

comment on view analytics.return_rate is
  'How much of what was delivered comes back, by item. E.g. Which products come back most '
  'often?';
comment on column analytics.return_rate.tenant_id is 'The shop.';
comment on column analytics.return_rate.sku is 'Stock keeping unit.';
comment on column analytics.return_rate.product_name is 'The product''s name.';
comment on column analytics.return_rate.units_delivered is 'Units that reached the customer.';
comment on column analytics.return_rate.units_returned is 'Units that came back.';
comment on column analytics.return_rate.return_rate is 'Returned of delivered, 0 to 1.';
