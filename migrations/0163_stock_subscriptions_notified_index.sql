-- no-transaction
-- Wishes to be told that were fulfilled, which go after the retention of notices. Locks: none that
-- blocks a writer.
create index concurrently stock_subscriptions_notified_idx
  on stock_subscriptions (notified_at)
  where notified_at is not null;
