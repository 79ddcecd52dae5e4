-- Every queue with its settings, its jobs and its rates.
select
  queue as "queue!",
  paused as "paused!",
  ageing_seconds,
  max_wait_ms,
  max_waiting,
  limits,
  jobs as "jobs!",
  oldest_ready_seconds,
  completed_per_minute as "completed_per_minute!",
  failed_per_minute as "failed_per_minute!",
  failure_share,
  drained_in_seconds,
  workers as "workers!",
  worker_names as "worker_names!"
from queue.queue_descriptors()
