-- How long it takes from placing to confirming, shipping and delivering, by day of placing.
-- E.g. Did orders take longer after the move to the new warehouse?
create or replace view analytics.order_cycle_time
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.orders,
  d.delivered_orders,
  d.confirm_p50_seconds,
  d.confirm_p95_seconds,
  d.ship_p50_seconds,
  d.ship_p95_seconds,
  d.deliver_p50_seconds,
  d.deliver_p95_seconds
from analytics.cycle_days as d;

comment on view analytics.order_cycle_time is
  'How long it takes from placing to confirming, shipping and delivering, by day of placing. '
  'E.g. Did orders take longer after the move to the new warehouse?';
comment on column analytics.order_cycle_time.tenant_id is 'The shop.';
comment on column analytics.order_cycle_time.day is 'Day in UTC.';
comment on column analytics.order_cycle_time.orders is 'Orders.';
comment on column analytics.order_cycle_time.delivered_orders is 'Orders that were delivered.';
comment on column analytics.order_cycle_time.confirm_p50_seconds is
  'From placed to confirmed, half of the orders within.';
comment on column analytics.order_cycle_time.confirm_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.order_cycle_time.ship_p50_seconds is
  'From placed to first shipped, half of the orders within.';
comment on column analytics.order_cycle_time.ship_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.order_cycle_time.deliver_p50_seconds is
  'From placed to delivered, half of the orders within.';
comment on column analytics.order_cycle_time.deliver_p95_seconds is 'The same, 95 of 100.';
