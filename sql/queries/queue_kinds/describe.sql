-- Every kind with what its workers say about it, its jobs and its rates.
select
  kind as "kind!",
  descriptor as "descriptor!",
  registered_at,
  paused as "paused!",
  limits,
  jobs as "jobs!",
  oldest_ready_seconds,
  completed_per_minute as "completed_per_minute!",
  failed_per_minute as "failed_per_minute!",
  failure_share,
  workers as "workers!",
  worker_names as "worker_names!"
from queue.kind_descriptors()
