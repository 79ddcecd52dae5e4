-- no-transaction
-- The claim: one line, in order. Takes the place of jobs_ready_idx.
create index concurrently jobs_line_idx on queue.jobs (queue, rank, line, order_at, job_id)
  where state = 'ready';
