-- Completes one attempt in the transaction of its handler. $1 worker_id, $2 job_id, $3 attempt. The
-- settler frees its group after the commit.
select queue.complete_in($1, $2, $3, false)::text as done
