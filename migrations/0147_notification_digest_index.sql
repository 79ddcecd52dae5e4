-- no-transaction
-- What waits for the next digest of an admin.
-- Locks: none that anybody waits for.
create index concurrently notification_queue_digest_idx
  on notification_queue (tenant_id, contact_id, notification_id)
  where skip_reason = 'digest'
