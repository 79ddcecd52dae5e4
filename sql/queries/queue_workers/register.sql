-- A worker begins. $1 name, $2 version, $3 queues, $4 kinds, $5 concurrency, $6 heartbeat in ms,
-- $7 the descriptors of its kinds.
select queue.register_worker($1, $2, $3, $4, $5, $6, $7) as "worker_id!"
