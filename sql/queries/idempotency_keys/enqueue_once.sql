-- Enqueues jobs once per key. $1 jobs, $2 tenant, $3 key, $4 endpoint, $5 hash of the request.
-- Locks: an advisory one on the key. Index: idempotency_keys_pkey.
select replayed as "replayed!", response as "response!"
from enqueue_once($1, $2, $3, $4, $5)
