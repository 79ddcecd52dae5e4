-- An attempt failed and another follows. $1 tenant, $2 notification, $3 error. Locks: the row.
update notification_queue
set
  attempts = attempts + 1,
  last_error = $3,
  updated_at = clock_now()
where tenant_id = $1
  and notification_id = $2
  and status = 'pending'
