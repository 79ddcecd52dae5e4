-- Wakes all workers of queues, and answers where somebody told nobody and is not done. $1: queues.
select queue.after_watch($1) as "unsaid!"
