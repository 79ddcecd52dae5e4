-- What carriers need and cost per country, and which is the fastest and the cheapest, in the last
-- 180 days. Fewer than five parcels make nobody the best.
create or replace view vw_carrier_choice
with (security_invoker = true) as
with trips as (
  select
    s.tenant_id,
    s.carrier_code,
    o.shipping_address->>'country' as country,
    s.currency,
    s.cost,
    (extract(epoch from s.delivered_at - s.shipped_at) / 3600)::numeric as hours
  from shipments as s
  join orders as o using (tenant_id, order_id)
  where s.delivered_at > s.shipped_at
    and s.delivered_at > clock_now() - interval '180 days'
),
carriers as (
  select
    tenant_id,
    country,
    carrier_code,
    currency,
    count(*) as parcels,
    percentile_cont(0.5) within group (order by hours) as hours_median,
    percentile_cont(0.9) within group (order by hours) as hours_slow,
    avg(cost) as cost_mean,
    1.96 * stddev_samp(cost) / sqrt(count(cost)::numeric) as cost_error
  from trips
  group by tenant_id, country, carrier_code, currency
)
select
  tenant_id,
  country,
  carrier_code,
  currency,
  parcels,
  round(hours_median::numeric, 1) as hours_median,
  round(hours_slow::numeric, 1) as hours_slow,
  round(cost_mean, 1) as cost_mean,
  round(cost_error, 1) as cost_error,
  parcels >= 5 and hours_median = min(hours_median) filter (where parcels >= 5)
    over (partition by tenant_id, country) as is_fastest,
  coalesce(parcels >= 5 and cost_mean = min(cost_mean) filter (where parcels >= 5)
    over (partition by tenant_id, country, currency), false) as is_cheapest
from carriers;

comment on view vw_carrier_choice is
  'What carriers need and cost per country, and which is the fastest and the cheapest.';
comment on column vw_carrier_choice.tenant_id is 'The shop.';
comment on column vw_carrier_choice.country is 'Where the parcels went.';
comment on column vw_carrier_choice.carrier_code is 'Who carried them.';
comment on column vw_carrier_choice.currency is 'ISO 4217 code of the costs.';
comment on column vw_carrier_choice.parcels is 'Parcels delivered; few say little.';
comment on column vw_carrier_choice.hours_median is 'Half of them took no longer.';
comment on column vw_carrier_choice.hours_slow is 'Nine of ten took no longer.';
comment on column vw_carrier_choice.cost_mean is 'Mean cost, minor units.';
comment on column vw_carrier_choice.cost_error is
  'The true mean is this close, 19 times in 20; null: one parcel says nothing of it.';
comment on column vw_carrier_choice.is_fastest is 'The smallest median of the country.';
comment on column vw_carrier_choice.is_cheapest is
  'The smallest mean cost of country and currency.';
