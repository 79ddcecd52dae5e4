-- A worker drains ($2 true) or has stopped. $1: worker_id.
select queue.stop_worker($1, $2)::text as done
