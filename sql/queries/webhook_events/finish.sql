-- The event had its effect, or has none. $1 tenant, $2 event, $3 why it is ignored, or null.
-- Index: webhook_events_pkey.
update webhook_events
set
  status = case when $3::text is null then 'processed' else 'ignored' end,
  attempts = attempts + 1,
  error = $3,
  processed_at = clock_now(),
  updated_at = clock_now()
where tenant_id = $1
  and webhook_event_id = $2
