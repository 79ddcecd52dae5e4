-- Who looks for new jobs without being told: see queue.begin_watch. Locks: queue.workers for a
-- moment; it has few rows, and none is rewritten.
alter table queue.workers add column watch_pid integer;

comment on column queue.workers.watch_pid is
  'The session in which it last began a watch of its queues (queue.begin_watch).';
