-- Events, the newest first, without their bodies. $1 tenant, $2 source or null, $3 status or null,
-- $4 type or null, $5 sender's id or null, $6 received then or later, $7 received before,
-- $8 below this id or null, $9 how many.
-- Indexes: webhook_events_pkey, webhook_events_event_id_key, webhook_events_failed_idx.
select
  e.webhook_event_id,
  e.source,
  e.event_id,
  e.event_type,
  e.status,
  e.attempts,
  e.error,
  octet_length(e.body) as "body_bytes!",
  e.received_at,
  e.processed_at
from webhook_events as e
where e.tenant_id = $1
  and ($2::text is null or e.source = $2)
  and ($3::text is null or e.status = $3)
  and ($4::text is null or e.event_type = $4)
  and ($5::text is null or e.event_id = $5)
  and ($6::timestamptz is null or e.received_at >= $6)
  and ($7::timestamptz is null or e.received_at < $7)
  and e.webhook_event_id < coalesce($8::bigint, 9223372036854775807)
order by e.webhook_event_id desc
limit $9
