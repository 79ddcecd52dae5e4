-- A worker proves that it lives. $1: worker_id.
select alive as "alive!", eldest as "eldest!", cancelled as "cancelled!"
from queue.heartbeat($1)
