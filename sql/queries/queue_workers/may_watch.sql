-- Whether a worker may go on to watch queues. $1: worker_id, $2: the queues.
select $2::text[] <@ queue.watchable($1) as "may!"
