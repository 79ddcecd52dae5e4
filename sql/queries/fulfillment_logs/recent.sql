-- How providers have answered lately: the last 1,000 calls of the last 15 minutes, of all shops.
-- What a provider refuses for good (a wrong number) is no trouble of the provider.
-- Index: fulfillment_logs_created_at_idx.
select
  provider_code as "provider!",
  count(*) as "calls!",
  count(*) filter (where status = 'unknown' or status = 'failed' and retryable) as "troubled!",
  avg(duration_ms)::double precision as average_ms,
  max(created_at) as "last_call_at!"
from (
  select provider_code, status, retryable, duration_ms, created_at
  from fulfillment_logs
  where created_at > clock_now() - interval '15 minutes'
  order by created_at desc
  limit 1000
) as recent
group by provider_code
order by provider_code
