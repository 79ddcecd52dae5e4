-- What customers were told inside the shop more than $1 seconds ago, at most $2.
-- Locks: those rows, skipping what others hold. Index: customer_notifications_created_idx.
with old as (
  select tenant_id, customer_notification_id
  from customer_notifications
  where created_at < clock_now() - make_interval(secs => $1)
  order by created_at
  limit $2
  for update skip locked
)
delete from customer_notifications as t
using old
where t.tenant_id = old.tenant_id
  and t.customer_notification_id = old.customer_notification_id
