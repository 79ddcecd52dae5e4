-- How carriers do, by day, service and destination.
-- E.g. Which carrier is on time in each country, and what does a parcel cost?
create or replace view analytics.carrier_performance
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.carrier_code,
  d.service,
  d.country,
  d.shipments,
  d.delivered,
  round(d.on_time::numeric / nullif(d.estimated, 0), 4) as on_time_rate,
  round(d.troubled::numeric / d.shipments, 4) as trouble_rate,
  d.transit_p50_hours,
  d.transit_p95_hours,
  d.currency,
  round(d.cost::numeric / d.shipments, 2) as cost_each
from analytics.carrier_days as d;

comment on view analytics.carrier_performance is
  'How carriers do, by day, service and destination. E.g. Which carrier is on time in each '
  'country, and what does a parcel cost?';
comment on column analytics.carrier_performance.tenant_id is 'The shop.';
comment on column analytics.carrier_performance.day is 'Day in UTC.';
comment on column analytics.carrier_performance.carrier_code is 'Who carries.';
comment on column analytics.carrier_performance.service is
  'The carrier''s product; standard: not named.';
comment on column analytics.carrier_performance.country is
  'ISO 3166 code of the destination; none: nothing is shipped.';
comment on column analytics.carrier_performance.shipments is 'Parcels.';
comment on column analytics.carrier_performance.delivered is 'Delivered.';
comment on column analytics.carrier_performance.on_time_rate is
  'On time of those delivered with an estimate, 0 to 1.';
comment on column analytics.carrier_performance.trouble_rate is
  'Parcels with an exception, lost or sent back, 0 to 1.';
comment on column analytics.carrier_performance.transit_p50_hours is
  'From shipped to delivered, half of them within.';
comment on column analytics.carrier_performance.transit_p95_hours is 'The same, 95 of 100.';
comment on column analytics.carrier_performance.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.carrier_performance.cost_each is 'Cost of a parcel, minor units.';
