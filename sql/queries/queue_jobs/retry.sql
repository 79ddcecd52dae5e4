-- Puts a dead job back. $1: job_id.
select queue.retry($1) as "revived!"
