-- A worker looks for new jobs without being told. $1: worker_id.
select queue.begin_watch($1) as "watched!"
