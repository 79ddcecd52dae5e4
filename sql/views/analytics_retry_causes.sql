-- Why calls to providers fail, by day.
-- E.g. What are the five most frequent causes of retries this week?
create or replace view analytics.retry_causes
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.provider_code,
  d.error_code,
  sum(d.calls)::bigint as failures,
  sum(d.retryable)::bigint as retryable,
  round(sum(d.calls)
      / sum(sum(d.calls))
      over (partition by d.tenant_id, d.day, d.provider_code), 4)
    as share
from analytics.call_days as d
where d.status in ('failed', 'unknown')
group by d.tenant_id, d.day, d.provider_code, d.error_code;

comment on view analytics.retry_causes is
  'Why calls to providers fail, by day. E.g. What are the five most frequent causes of retries '
  'this week?';
comment on column analytics.retry_causes.tenant_id is 'The shop.';
comment on column analytics.retry_causes.day is 'Day in UTC.';
comment on column analytics.retry_causes.provider_code is 'Who fulfils.';
comment on column analytics.retry_causes.error_code is
  'Stable code of the failure; none: there was none.';
comment on column analytics.retry_causes.failures is 'Calls that failed or got no answer.';
comment on column analytics.retry_causes.retryable is 'Calls after which trying again may help.';
comment on column analytics.retry_causes.share is 'Of the provider''s failures of the day, 0 to 1.';
