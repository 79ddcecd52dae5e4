-- Pauses a schedule. $1: the schedule.
select queue.pause_schedule($1) as "found!"
