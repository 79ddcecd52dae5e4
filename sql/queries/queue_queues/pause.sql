-- Pauses a queue. $1: the queue.
select queue.pause($1)::text as done
