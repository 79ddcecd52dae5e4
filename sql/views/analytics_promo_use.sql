-- What promotion codes cost and bring, by day.
-- E.g. Did the Black Friday code pay?
create or replace view analytics.promo_use
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.promo_code,
  d.currency,
  d.orders,
  d.lost_orders,
  d.customers,
  d.discount_amount,
  d.total_amount,
  round(d.discount_amount::numeric / nullif(d.discount_amount + d.total_amount, 0), 4)
    as discount_rate
from analytics.promo_days as d;

comment on view analytics.promo_use is
  'What promotion codes cost and bring, by day. E.g. Did the Black Friday code pay?';
comment on column analytics.promo_use.tenant_id is 'The shop.';
comment on column analytics.promo_use.day is 'Day in UTC.';
comment on column analytics.promo_use.promo_code is 'The code.';
comment on column analytics.promo_use.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.promo_use.orders is 'Orders.';
comment on column analytics.promo_use.lost_orders is
  'Of those, cancelled, expired or never paid.';
comment on column analytics.promo_use.customers is 'Different known customers.';
comment on column analytics.promo_use.discount_amount is 'Taken off, minor units.';
comment on column analytics.promo_use.total_amount is 'What customers pay, minor units.';
comment on column analytics.promo_use.discount_rate is
  'Discount of what it would have cost, 0 to 1.';
