-- Endpoints that are not deleted, or the one of them. $1 tenant, $2 endpoint or null.
-- Index: webhook_endpoints_pkey.
select
  endpoint_id,
  url,
  description,
  kinds,
  ordering,
  lanes,
  state,
  previous_secret_until,
  failures,
  first_failure_at,
  disabled_at,
  disabled_reason,
  created_at,
  updated_at
from webhook_endpoints
where tenant_id = $1
  and state <> 'deleted'
  and ($2::bigint is null or endpoint_id = $2)
order by endpoint_id
