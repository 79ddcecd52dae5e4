-- $1 tenant, $2 notification, $3 the channel's id of the message. Locks: the row.
update notification_queue
set
  status = 'sent',
  attempts = attempts + 1,
  provider_message_id = $3,
  last_error = null,
  sent_at = clock_now(),
  updated_at = clock_now()
where tenant_id = $1
  and notification_id = $2
  and status in ('pending', 'failed')
