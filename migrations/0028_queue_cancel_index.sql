-- no-transaction
-- Finds what was cancelled of the jobs that a worker runs. jobs_running_idx would do, but has an
-- entry for each job that the worker has run since the last vacuum, which a held snapshot makes
-- hundreds of thousands. Locks: none that stops workers.
create index concurrently if not exists jobs_cancel_requested_idx on queue.jobs (worker_id)
  where cancel_requested and state = 'running';
