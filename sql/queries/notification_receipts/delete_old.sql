-- What channels reported more than $1 seconds ago, at most $2.
-- Locks: those rows, skipping what others hold. Index: notification_receipts_received_idx.
with old as (
  select tenant_id, receipt_id
  from notification_receipts
  where received_at < clock_now() - make_interval(secs => $1)
  order by received_at
  limit $2
  for update skip locked
)
delete from notification_receipts as t
using old
where t.tenant_id = old.tenant_id
  and t.receipt_id = old.receipt_id
