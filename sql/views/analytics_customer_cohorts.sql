-- Customers by the month of their first order: how many of them come back.
-- E.g. What part of January's new customers ordered again within three months?
create or replace view analytics.customer_cohorts
with (security_invoker = true) as
select
  d.tenant_id,
  d.cohort_month,
  d.months_later,
  d.currency,
  d.customers,
  round(d.customers::numeric
      / max(d.customers)
      filter (where d.months_later = 0)
      over (partition by d.tenant_id, d.cohort_month, d.currency), 4)
    as retention,
  d.orders,
  d.total_amount
from analytics.cohort_months as d;

comment on view analytics.customer_cohorts is
  'Customers by the month of their first order: how many of them come back. E.g. What part of '
  'January''s new customers ordered again within three months?';
comment on column analytics.customer_cohorts.tenant_id is 'The shop.';
comment on column analytics.customer_cohorts.cohort_month is 'Month of the first order.';
comment on column analytics.customer_cohorts.months_later is
  'Months since then; 0 is that month.';
comment on column analytics.customer_cohorts.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.customer_cohorts.customers is
  'Customers of the cohort who ordered in that month.';
comment on column analytics.customer_cohorts.retention is 'customers of the cohort, 0 to 1.';
comment on column analytics.customer_cohorts.orders is 'Orders.';
comment on column analytics.customer_cohorts.total_amount is 'What customers pay, minor units.';
