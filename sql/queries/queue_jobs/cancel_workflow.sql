-- Cancels all unfinished jobs that edges join with a job. $1: job_id.
select queue.cancel_workflow($1) as "cancelled!"
