-- A page of jobs. $1 filter (queue.job_condition), $2 below this id or null, $3 how many at most.
select queue.list_jobs($1, $2, $3) as "page!"
