-- Stores events with their jobs. $1 sources, $2 event ids, $3 types, $4 headers, $5 bodies,
-- $6 traces, $7 tenant. Locks: none beyond the rows it inserts. Index: webhook_events_event_id_key.
select webhook_event_id as "webhook_event_id!", is_new as "is_new!"
from receive_webhooks($1, $2, $3, $4, $5, $6, $7)
order by "position"
