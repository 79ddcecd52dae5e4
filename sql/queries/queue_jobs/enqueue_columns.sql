-- Enqueues jobs without keys and groups: queue.enqueue_columns. Parallel arrays: $1 args, $2 kinds,
-- $3 queues, $4 priorities, $5 run_at, $6 max_attempts, $7 trace contexts; each of one place per
-- job, or of one for all. Answers the ids in their order.
select queue.enqueue_columns($1, $2, $3, $4, $5, $6, $7) as "job_ids!"
