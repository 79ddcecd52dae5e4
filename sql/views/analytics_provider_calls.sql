-- Calls to providers and how long they take, by day.
-- E.g. Is the provider slower than last week?
create or replace view analytics.provider_calls
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.provider_code,
  d.action,
  sum(d.calls)::bigint as calls,
  coalesce(sum(d.calls) filter (where d.status in ('failed', 'unknown')), 0)::bigint as failed,
  sum(d.p50_ms * d.calls) / sum(d.calls) as p50_ms,
  max(d.p95_ms) as p95_ms
from analytics.call_days as d
group by d.tenant_id, d.day, d.provider_code, d.action;

comment on view analytics.provider_calls is
  'Calls to providers and how long they take, by day. E.g. Is the provider slower than last '
  'week?';
comment on column analytics.provider_calls.tenant_id is 'The shop.';
comment on column analytics.provider_calls.day is 'Day in UTC.';
comment on column analytics.provider_calls.provider_code is 'Who fulfils.';
comment on column analytics.provider_calls.action is
  'trigger (first submission), retry, verify or cancel.';
comment on column analytics.provider_calls.calls is 'Calls.';
comment on column analytics.provider_calls.failed is 'Calls that failed or got no answer.';
comment on column analytics.provider_calls.p50_ms is
  'Half of the calls took at most so many milliseconds; averaged over ways to end.';
comment on column analytics.provider_calls.p95_ms is
  '95 of 100 calls took at most so many, at the slowest way to end.';
