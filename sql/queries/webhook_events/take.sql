-- What there is to process: an event that has no outcome yet. $1 tenant, $2 event.
-- Locks: the event, until the transaction that gives it its outcome ends.
-- Index: webhook_events_pkey.
select source, event_id, event_type, headers, body, received_at
from webhook_events
where tenant_id = $1
  and webhook_event_id = $2
  and status not in ('processed', 'ignored')
for no key update
