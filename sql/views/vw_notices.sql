-- Notices as staff watch them; addresses are shortened.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_notices
with (security_invoker = true) as
select
  q.tenant_id,
  q.notification_id as notice_id,
  q.order_id,
  q.notification_type as type,
  q.channel,
  left(q.recipient, 2) || '…' || right(q.recipient, 4) as recipient,
  q.locale,
  q.status,
  q.skip_reason,
  q.attempts,
  q.unknown_attempts,
  q.error_code,
  q.last_error,
  q.created_at,
  q.not_before,
  q.sent_at,
  q.delivered_at
from notification_queue as q;

comment on view vw_notices is 'Notices as staff watch them; addresses are shortened.';
comment on column vw_notices.tenant_id is 'The shop.';
comment on column vw_notices.notice_id is 'Its key.';
comment on column vw_notices.order_id is 'The order that it is about.';
comment on column vw_notices.type is 'What happened.';
comment on column vw_notices.channel is 'How it is sent.';
comment on column vw_notices.recipient is 'To whom, shortened.';
comment on column vw_notices.locale is 'In which language.';
comment on column vw_notices.status is 'How far it is.';
comment on column vw_notices.skip_reason is 'Why it is not sent.';
comment on column vw_notices.attempts is 'Attempts made.';
comment on column vw_notices.unknown_attempts is 'Attempts of which nobody knows how they ended.';
comment on column vw_notices.error_code is 'The channel''s own code of the last failure.';
comment on column vw_notices.last_error is 'The last failure in words.';
comment on column vw_notices.created_at is 'When it happened.';
comment on column vw_notices.not_before is 'Not sent earlier.';
comment on column vw_notices.sent_at is 'When the channel took it.';
comment on column vw_notices.delivered_at is 'When it arrived.';
