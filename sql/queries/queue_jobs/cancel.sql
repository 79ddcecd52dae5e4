-- Cancels a job. $1: job_id. Null: no such unfinished job.
select queue.cancel($1) as fate
