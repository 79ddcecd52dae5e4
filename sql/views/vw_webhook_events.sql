-- What providers sent, without its bytes.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_webhook_events
with (security_invoker = true) as
select
  e.tenant_id,
  e.webhook_event_id,
  e.source,
  e.event_id,
  e.event_type,
  e.status,
  e.attempts,
  e.error,
  octet_length(e.body) as body_bytes,
  e.received_at,
  e.processed_at
from webhook_events as e;

comment on view vw_webhook_events is 'What providers sent, without its bytes.';
comment on column vw_webhook_events.tenant_id is 'The shop.';
comment on column vw_webhook_events.webhook_event_id is 'Its key.';
comment on column vw_webhook_events.source is 'Who sent it.';
comment on column vw_webhook_events.event_id is 'The sender''s id of it.';
comment on column vw_webhook_events.event_type is 'The sender''s name of what happened.';
comment on column vw_webhook_events.status is 'received, processed, ignored, failed or dead.';
comment on column vw_webhook_events.attempts is 'How often it was tried.';
comment on column vw_webhook_events.error is 'Why the last attempt failed, or why it is ignored.';
comment on column vw_webhook_events.body_bytes is 'How long its body is.';
comment on column vw_webhook_events.received_at is 'When it came.';
comment on column vw_webhook_events.processed_at is
  'When it had its effect, or was found to have none.';
