-- no-transaction
-- Pick lists that were worked off or cancelled, which go after their retention. Locks: none that
-- blocks a writer.
create index concurrently pick_batches_ended_idx
  on pick_batches (created_at)
  where status in ('completed', 'cancelled');
