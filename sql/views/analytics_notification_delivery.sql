-- Whether notices reach customers, by day, type and channel.
-- E.g. What part of the delivery notices by mail arrived?
create or replace view analytics.notification_delivery
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.notification_type,
  d.channel,
  d.notices,
  d.sent,
  d.delivered,
  d.failed,
  d.skipped,
  d.pending,
  round(d.sent::numeric / nullif(d.notices - d.skipped, 0), 4) as sent_rate,
  d.send_p50_seconds,
  d.send_p95_seconds
from analytics.notification_days as d;

comment on view analytics.notification_delivery is
  'Whether notices reach customers, by day, type and channel. E.g. What part of the delivery '
  'notices by mail arrived?';
comment on column analytics.notification_delivery.tenant_id is 'The shop.';
comment on column analytics.notification_delivery.day is 'Day in UTC.';
comment on column analytics.notification_delivery.notification_type is 'What it tells.';
comment on column analytics.notification_delivery.channel is 'How it is sent.';
comment on column analytics.notification_delivery.notices is 'Notices.';
comment on column analytics.notification_delivery.sent is
  'Handed to the channel, receipt or not.';
comment on column analytics.notification_delivery.delivered is 'With a receipt.';
comment on column analytics.notification_delivery.failed is 'Given up.';
comment on column analytics.notification_delivery.skipped is
  'Not sent: no address, or not wanted.';
comment on column analytics.notification_delivery.pending is 'Not yet sent.';
comment on column analytics.notification_delivery.sent_rate is
  'sent of those not skipped, 0 to 1.';
comment on column analytics.notification_delivery.send_p50_seconds is
  'From event to sent, half of them within.';
comment on column analytics.notification_delivery.send_p95_seconds is 'The same, 95 of 100.';
