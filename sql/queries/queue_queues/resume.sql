-- Ends the pause of a queue. $1: the queue.
select queue.resume($1)::text as done
