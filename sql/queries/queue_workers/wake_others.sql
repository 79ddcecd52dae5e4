-- Wakes the workers of queues. $1: the queues.
select queue.wake_others($1)::text as done
