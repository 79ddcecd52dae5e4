-- Whoever enqueues tells again. $1: the queues.
select queue.end_watch($1)::text as done
