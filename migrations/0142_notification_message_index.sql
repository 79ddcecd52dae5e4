-- no-transaction
-- Finds the notice of which a channel speaks.
-- Locks: none that anybody waits for.
create index concurrently notification_queue_message_idx
  on notification_queue (provider_message_id)
  where provider_message_id is not null
