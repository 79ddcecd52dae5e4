-- What will be asked of each stock item in the next 30 days, from the last 90.
create or replace view vw_demand_forecast
with (security_invoker = true) as
select t.tenant_id, f.*
from (select distinct tenant_id from inventory_items) as t
cross join lateral forecast_demand(30, 90, t.tenant_id) as f;

comment on view vw_demand_forecast is
  'Demand of each stock item in the next 30 days, from the last 90: forecast_demand().';
comment on column vw_demand_forecast.tenant_id is 'The shop.';
comment on column vw_demand_forecast.inventory_item_id is 'Key of the stock item.';
comment on column vw_demand_forecast.sku is 'SKU of the stock item.';
comment on column vw_demand_forecast.history_days is 'Days that the forecast is made from.';
comment on column vw_demand_forecast.units_sold is 'Units asked in those days.';
comment on column vw_demand_forecast.mean_per_day is 'Units a day.';
comment on column vw_demand_forecast.deviation_per_day is
  'Standard deviation of a day; null: one day says nothing of it.';
comment on column vw_demand_forecast.forecast_units is 'Units expected in 30 days.';
comment on column vw_demand_forecast.forecast_low is 'Lower end of the 95 % interval.';
comment on column vw_demand_forecast.forecast_high is 'Upper end of the 95 % interval.';
