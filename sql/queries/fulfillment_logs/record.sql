-- Records a call to a provider; a second one of the same attempt and action replaces the first.
-- $1 tenant, $2 fulfilment, $3 action, $4 status, $5 attempt, $6 request, $7 response,
-- $8 http status, $9 duration_ms, $10 error code, $11 error message, $12 retryable,
-- $13 seconds until the next attempt or null, $14 who was called; null: its provider.
-- An attempt that is null is one more than the last of its action.
-- Index: fulfillment_logs_attempt_key.
insert into fulfillment_logs (
  tenant_id, order_id, fulfillment_id, provider_code, action, status, attempt_number, api_request,
  api_response, http_status, duration_ms, error_code, error_message, retryable, next_retry_at)
select
  f.tenant_id, f.order_id, f.fulfillment_id, coalesce($14, f.provider_code), $3, $4,
  coalesce($5, 1 + (
    select coalesce(max(g.attempt_number), 0)
    from fulfillment_logs as g
    where g.tenant_id = f.tenant_id
      and g.fulfillment_id = f.fulfillment_id
      and g.action = $3)),
  $6, $7, $8, $9, $10, $11, $12, clock_now() + make_interval(secs => $13)
from fulfillments as f
where f.tenant_id = $1
  and f.fulfillment_id = $2
on conflict on constraint fulfillment_logs_attempt_key do update
set
  status = excluded.status,
  api_request = excluded.api_request,
  api_response = excluded.api_response,
  http_status = excluded.http_status,
  duration_ms = excluded.duration_ms,
  error_code = excluded.error_code,
  error_message = excluded.error_message,
  retryable = excluded.retryable,
  next_retry_at = excluded.next_retry_at,
  created_at = excluded.created_at
