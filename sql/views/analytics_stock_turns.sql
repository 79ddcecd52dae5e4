-- How fast stock turns over, from the last 30 days; days_of_cover says how long it lasts at that
-- rate.
-- E.g. Which items run out within a week, and which have not moved for months?
create or replace view analytics.stock_turns
with (security_invoker = true) as
select
  d.tenant_id,
  d.sku,
  d.product_name,
  d.on_hand,
  d.promised,
  d.available,
  d.units_shipped_30d,
  d.units_shipped_90d,
  (d.on_hand + d.on_hand_30d_ago) / 2.0 as average_on_hand,
  round(d.units_shipped_30d * 365 / 30.0 / nullif((d.on_hand + d.on_hand_30d_ago) / 2.0, 0), 2)
    as turns_a_year,
  round(greatest(d.available, 0) * 30.0 / nullif(d.units_shipped_30d, 0), 1) as days_of_cover,
  case when d.available <= 0 then 'OUT_OF_STOCK'
    when d.available <= d.low_stock_threshold then 'LOW_STOCK' else 'IN_STOCK' end
    as stock_status
from analytics.stock_items as d;

comment on view analytics.stock_turns is
  'How fast stock turns over, from the last 30 days; days_of_cover says how long it lasts at '
  'that rate. E.g. Which items run out within a week, and which have not moved for months?';
comment on column analytics.stock_turns.tenant_id is 'The shop.';
comment on column analytics.stock_turns.sku is 'Stock keeping unit.';
comment on column analytics.stock_turns.product_name is 'The product''s name.';
comment on column analytics.stock_turns.on_hand is 'Units physically there.';
comment on column analytics.stock_turns.promised is 'Units promised to orders.';
comment on column analytics.stock_turns.available is 'Units that can be sold.';
comment on column analytics.stock_turns.units_shipped_30d is
  'Units that left in the last 30 days.';
comment on column analytics.stock_turns.units_shipped_90d is
  'Units that left in the last 90 days.';
comment on column analytics.stock_turns.average_on_hand is
  'Units on hand on average, from the first and the last of the 30 days.';
comment on column analytics.stock_turns.turns_a_year is
  'How often the stock is sold in a year at this rate.';
comment on column analytics.stock_turns.days_of_cover is
  'Days until available units are gone; null: nothing was sold.';
comment on column analytics.stock_turns.stock_status is 'IN_STOCK, LOW_STOCK or OUT_OF_STOCK.';
