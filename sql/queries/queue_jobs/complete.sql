-- Completes attempts. $1 worker_id, $2 job ids, $3 attempts. Answers the ids that it completed.
select queue.complete($1, $2, $3) as "completed!"
