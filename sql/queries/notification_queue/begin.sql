-- $1 tenant, $2 notification. Locks: the notice. Index: notification_queue_pkey.
select
  order_id,
  notification_type as "notification_type!",
  channel as "channel!",
  recipient,
  locale as "locale!",
  payload as "payload!",
  created_at as "created_at!",
  unknown_since,
  unsubscribe_token,
  order_url
from begin_notification($1, $2)
