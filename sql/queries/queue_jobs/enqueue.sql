-- Enqueues one job: queue.enqueue. Parameters as there; $2 is JSON as text.
select job_id as "job_id!", inserted as "inserted!"
from queue.enqueue(
  p_kind => $1,
  p_args => $2::text::jsonb,
  p_queue => $3,
  p_priority => $4,
  p_run_at => $5,
  p_max_attempts => $6,
  p_unique_key => $7,
  p_unique_scope => $8,
  p_group_key => $9,
  p_trace_context => $10
)
