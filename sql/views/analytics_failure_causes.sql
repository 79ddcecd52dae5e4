-- Failures tied to orders, by day and cause.
-- E.g. Which causes are still open, and how many orders do they touch?
create or replace view analytics.failure_causes
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.category,
  d.severity,
  d.stage,
  d.code,
  d.errors,
  d.open_errors,
  d.orders,
  d.resolve_p50_seconds
from analytics.error_days as d;

comment on view analytics.failure_causes is
  'Failures tied to orders, by day and cause. E.g. Which causes are still open, and how many '
  'orders do they touch?';
comment on column analytics.failure_causes.tenant_id is 'The shop.';
comment on column analytics.failure_causes.day is 'Day in UTC.';
comment on column analytics.failure_causes.category is
  'delivery, payment, stock, database, api or unknown.';
comment on column analytics.failure_causes.severity is 'critical, high, medium or low.';
comment on column analytics.failure_causes.stage is 'Where it happened.';
comment on column analytics.failure_causes.code is 'Stable code of the cause.';
comment on column analytics.failure_causes.errors is 'Failures.';
comment on column analytics.failure_causes.open_errors is 'Not settled yet.';
comment on column analytics.failure_causes.orders is 'Orders.';
comment on column analytics.failure_causes.resolve_p50_seconds is
  'From failure to settled, half of them within.';
