-- Given up; the order's errors say so, too. $1 tenant, $2 notification, $3 error.
-- Locks: the row, then the order (trg_order_errors_count).
with failed as (
  update notification_queue
  set
    status = 'failed',
    attempts = attempts + 1,
    last_error = $3,
    updated_at = clock_now()
  where tenant_id = $1
    and notification_id = $2
    and status = 'pending'
  returning tenant_id, order_id, notification_id, notification_type, channel
)
insert into order_errors (
  tenant_id, order_id, category, severity, stage, code, message, context)
select
  tenant_id, order_id, 'api', 'low', 'notification', 'notification_failed', $3::text,
  jsonb_build_object(
    'notification_id', notification_id, 'type', notification_type, 'channel', channel)
from failed
where order_id is not null
