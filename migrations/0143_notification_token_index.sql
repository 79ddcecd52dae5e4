-- no-transaction
-- Finds the notice whose link to unsubscribe was followed.
-- Locks: none that anybody waits for.
create unique index concurrently notification_queue_unsubscribe_token_key
  on notification_queue (unsubscribe_token)
  where unsubscribe_token is not null
