-- How providers do, by day and destination.
-- E.g. Which provider fails most in Ghana, and how often does a retry help?
create or replace view analytics.provider_performance
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.provider_code,
  d.country,
  d.fulfillments,
  d.delivered,
  d.failed,
  d.cancelled,
  round(d.delivered::numeric / nullif(d.fulfillments - d.cancelled, 0), 4) as success_rate,
  round(d.attempts::numeric / d.fulfillments, 2) as attempts_each,
  round(d.retried_delivered::numeric / nullif(d.retried, 0), 4) as retry_success_rate,
  d.deliver_p50_seconds,
  d.deliver_p95_seconds
from analytics.provider_days as d;

comment on view analytics.provider_performance is
  'How providers do, by day and destination. E.g. Which provider fails most in Ghana, and how '
  'often does a retry help?';
comment on column analytics.provider_performance.tenant_id is 'The shop.';
comment on column analytics.provider_performance.day is 'Day in UTC.';
comment on column analytics.provider_performance.provider_code is 'Who fulfils.';
comment on column analytics.provider_performance.country is
  'ISO 3166 code of the destination; none: nothing is shipped.';
comment on column analytics.provider_performance.fulfillments is 'Fulfilments.';
comment on column analytics.provider_performance.delivered is 'Delivered.';
comment on column analytics.provider_performance.failed is 'Failed, rejected or on hold now.';
comment on column analytics.provider_performance.cancelled is 'Cancelled.';
comment on column analytics.provider_performance.success_rate is
  'delivered of those not cancelled, 0 to 1.';
comment on column analytics.provider_performance.attempts_each is 'Attempts per fulfilment.';
comment on column analytics.provider_performance.retry_success_rate is
  'Delivered of those begun more than once, 0 to 1.';
comment on column analytics.provider_performance.deliver_p50_seconds is
  'From asked for to delivered, half of them within.';
comment on column analytics.provider_performance.deliver_p95_seconds is 'The same, 95 of 100.';
