-- Revenue by day and currency. Lost orders (cancelled, expired, never paid) count in neither
-- total.
-- E.g. What did we take yesterday, and how much was an order worth?
create or replace view analytics.revenue_by_day
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.currency,
  coalesce(sum(d.orders)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as orders,
  coalesce(sum(d.orders)
      filter (where d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as lost_orders,
  coalesce(sum(d.subtotal)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as subtotal,
  coalesce(sum(d.discount_amount)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as discount_amount,
  coalesce(sum(d.shipping_fee)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as shipping_fee,
  coalesce(sum(d.tax_amount)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as tax_amount,
  coalesce(sum(d.total_amount)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 0)::bigint
    as total_amount,
  round(sum(d.total_amount)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed'))
      / sum(d.orders)
      filter (where not d.order_status in ('cancelled', 'expired', 'payment_failed')), 2)
    as order_value
from analytics.order_days as d
group by d.tenant_id, d.day, d.currency;

comment on view analytics.revenue_by_day is
  'Revenue by day and currency. Lost orders (cancelled, expired, never paid) count in neither '
  'total. E.g. What did we take yesterday, and how much was an order worth?';
comment on column analytics.revenue_by_day.tenant_id is 'The shop.';
comment on column analytics.revenue_by_day.day is 'Day in UTC.';
comment on column analytics.revenue_by_day.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.revenue_by_day.orders is 'Orders that were not lost.';
comment on column analytics.revenue_by_day.lost_orders is 'Orders that were lost.';
comment on column analytics.revenue_by_day.subtotal is 'Sum of the lines, minor units.';
comment on column analytics.revenue_by_day.discount_amount is 'Taken off, minor units.';
comment on column analytics.revenue_by_day.shipping_fee is 'Minor units.';
comment on column analytics.revenue_by_day.tax_amount is 'Minor units.';
comment on column analytics.revenue_by_day.total_amount is 'What customers pay, minor units.';
comment on column analytics.revenue_by_day.order_value is 'Average order, minor units.';
