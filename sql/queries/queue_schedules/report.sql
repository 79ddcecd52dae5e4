-- Says why workers cannot tick a schedule. $1 schedule, $2 its revision, $3 why.
update queue.schedules
set problem = $3
where schedule = $1
  and revision = $2
  and problem is distinct from $3
