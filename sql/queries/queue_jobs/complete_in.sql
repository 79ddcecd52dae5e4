-- Completes one attempt in the handler's transaction. $1 worker_id, $2 job_id, $3 attempt.
select queue.complete_in($1, $2, $3)::text as done
