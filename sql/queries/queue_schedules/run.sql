-- Enqueues a schedule's job now. $1: the schedule.
select queue.run_schedule($1) as job_id
