-- An event with its headers and body. $1 tenant, $2 event. Index: webhook_events_pkey.
select
  webhook_event_id,
  source,
  event_id,
  event_type,
  headers,
  body,
  status,
  attempts,
  error,
  received_at,
  processed_at,
  updated_at
from webhook_events
where tenant_id = $1
  and webhook_event_id = $2
