-- no-transaction
-- How many jobs of a limited kind run? Jobs of other kinds are not in it.
create index concurrently jobs_line_running_idx on queue.jobs (line)
  where state = 'running' and line <> '';
