-- Removes a schedule. $1: the schedule.
select queue.remove_schedule($1) as "found!"
