-- Units that were promised and never sold, by day and item: stock that others could not buy
-- meanwhile.
-- E.g. How much stock was blocked by orders that nobody paid?
create or replace view analytics.reservation_leakage
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.sku,
  d.reservations,
  d.units,
  d.units_fulfilled,
  d.units_released,
  d.units_expired,
  round((d.units_released + d.units_expired)::numeric / nullif(d.units, 0), 4) as leakage_rate,
  d.held_p50_seconds
from analytics.reservation_days as d;

comment on view analytics.reservation_leakage is
  'Units that were promised and never sold, by day and item: stock that others could not buy '
  'meanwhile. E.g. How much stock was blocked by orders that nobody paid?';
comment on column analytics.reservation_leakage.tenant_id is 'The shop.';
comment on column analytics.reservation_leakage.day is 'Day in UTC.';
comment on column analytics.reservation_leakage.sku is 'Stock keeping unit.';
comment on column analytics.reservation_leakage.reservations is 'Promises.';
comment on column analytics.reservation_leakage.units is 'Units ordered.';
comment on column analytics.reservation_leakage.units_fulfilled is 'Units that left.';
comment on column analytics.reservation_leakage.units_released is
  'Units given back by cancelling.';
comment on column analytics.reservation_leakage.units_expired is
  'Units given back because nobody confirmed in time.';
comment on column analytics.reservation_leakage.leakage_rate is
  'Units given back of all units promised, 0 to 1.';
comment on column analytics.reservation_leakage.held_p50_seconds is
  'How long units that were given back had been held: half within.';
