-- $1 tenant, $2 notification. Index: notification_queue_pkey.
select
  notification_id,
  order_id,
  notification_type,
  channel,
  recipient,
  locale,
  payload,
  status,
  attempts
from notification_queue
where tenant_id = $1
  and notification_id = $2
