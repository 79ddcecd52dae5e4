-- no-transaction
-- Settled errors of orders, which go after their retention. Locks: none that blocks a writer.
create index concurrently order_errors_resolved_idx
  on order_errors (resolved_at)
  where is_resolved;
