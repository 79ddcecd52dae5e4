-- What came in and went out, by day, item and location.
-- E.g. How many units did counts correct last quarter?
create or replace view analytics.stock_movement
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.sku,
  d.location_code,
  d.received,
  d.shipped,
  d.returned,
  d.adjusted,
  d.other,
  d.net_change
from analytics.movement_days as d;

comment on view analytics.stock_movement is
  'What came in and went out, by day, item and location. E.g. How many units did counts correct '
  'last quarter?';
comment on column analytics.stock_movement.tenant_id is 'The shop.';
comment on column analytics.stock_movement.day is 'Day in UTC.';
comment on column analytics.stock_movement.sku is 'Stock keeping unit.';
comment on column analytics.stock_movement.location_code is 'Short name of the location.';
comment on column analytics.stock_movement.received is 'Units that came in.';
comment on column analytics.stock_movement.shipped is 'Units that went out.';
comment on column analytics.stock_movement.returned is 'Units that came back and can be sold.';
comment on column analytics.stock_movement.adjusted is 'Units found or missed by counts.';
comment on column analytics.stock_movement.other is
  'Units moved for other reasons: transfers, damage.';
comment on column analytics.stock_movement.net_change is 'Change of units on hand.';
