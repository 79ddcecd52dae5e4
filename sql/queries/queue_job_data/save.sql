-- A running job says something of itself: queue.save_job_data. $1 worker_id, $2 job_id, $3 attempt,
-- $4 percent, $5 message, $6 checkpoint and $7 result as JSON text; null leaves what was there.
select queue.save_job_data($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb)::text as done
