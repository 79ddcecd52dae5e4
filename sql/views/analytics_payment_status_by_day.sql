-- Payments and what became of them, by day, provider and state.
-- E.g. How much money is asked for and not yet taken?
create or replace view analytics.payment_status_by_day
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.provider_code,
  d.currency,
  d.status,
  d.payments,
  d.amount,
  d.captured_amount,
  d.refunded_amount,
  case when d.status in ('pending', 'requires_action', 'authorized', 'partially_paid')
    then greatest(d.amount - d.captured_amount, 0) else 0 end
    as outstanding_amount
from analytics.payment_days as d;

comment on view analytics.payment_status_by_day is
  'Payments and what became of them, by day, provider and state. E.g. How much money is asked '
  'for and not yet taken?';
comment on column analytics.payment_status_by_day.tenant_id is 'The shop.';
comment on column analytics.payment_status_by_day.day is 'Day in UTC.';
comment on column analytics.payment_status_by_day.provider_code is
  'Who takes the money: stripe, wallet, cod, …';
comment on column analytics.payment_status_by_day.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.payment_status_by_day.status is 'State of the payments now.';
comment on column analytics.payment_status_by_day.payments is 'Payments.';
comment on column analytics.payment_status_by_day.amount is 'Asked for, minor units.';
comment on column analytics.payment_status_by_day.captured_amount is 'Taken, minor units.';
comment on column analytics.payment_status_by_day.refunded_amount is 'Given back, minor units.';
comment on column analytics.payment_status_by_day.outstanding_amount is
  'Asked for and not taken, minor units.';
