-- Notices that ended at least $1 seconds ago, at most $2. Index: notification_queue_finished_idx.
with ended as (
  select tenant_id, notification_id
  from notification_queue
  where status <> 'pending'
    and updated_at < clock_now() - make_interval(secs => $1)
  order by updated_at
  limit $2
  for update skip locked
)
delete from notification_queue as n
using ended
where n.tenant_id = ended.tenant_id
  and n.notification_id = ended.notification_id
