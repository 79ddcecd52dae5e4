-- Revenue by day, where orders come from and how they are paid; lost orders are left out.
-- E.g. Which channel grew since last month?
create or replace view analytics.revenue_by_channel
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.order_source,
  d.payment_method,
  d.currency,
  sum(d.orders)::bigint as orders,
  sum(d.total_amount)::bigint as total_amount,
  round(sum(d.total_amount) / sum(d.orders), 2) as order_value
from analytics.order_days as d
where not d.order_status in ('cancelled', 'expired', 'payment_failed')
group by d.tenant_id, d.day, d.order_source, d.payment_method, d.currency;

comment on view analytics.revenue_by_channel is
  'Revenue by day, where orders come from and how they are paid; lost orders are left out. E.g. '
  'Which channel grew since last month?';
comment on column analytics.revenue_by_channel.tenant_id is 'The shop.';
comment on column analytics.revenue_by_channel.day is 'Day in UTC.';
comment on column analytics.revenue_by_channel.order_source is
  'Where orders come from: web, api, …';
comment on column analytics.revenue_by_channel.payment_method is 'How orders are paid.';
comment on column analytics.revenue_by_channel.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.revenue_by_channel.orders is 'Orders.';
comment on column analytics.revenue_by_channel.total_amount is 'What customers pay, minor units.';
comment on column analytics.revenue_by_channel.order_value is 'Average order, minor units.';
