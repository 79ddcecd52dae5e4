-- An attempt failed. $1 tenant, $2 event, $3 why, $4 whether it is given up.
-- Index: webhook_events_pkey.
update webhook_events
set
  status = case when $4::boolean then 'dead' else 'failed' end,
  attempts = attempts + 1,
  error = $3,
  updated_at = clock_now()
where tenant_id = $1
  and webhook_event_id = $2
  and status not in ('processed', 'ignored')
