-- no-transaction
-- The notices of a customer, newest first.
-- Locks: none that anybody waits for.
create index concurrently notification_queue_customer_idx
  on notification_queue (tenant_id, customer_id, notification_id)
  where customer_id is not null
