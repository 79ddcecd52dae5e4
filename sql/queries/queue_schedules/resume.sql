-- Resumes a schedule. $1: the schedule.
select queue.resume_schedule($1) as "found!"
