-- One batch of a bulk change. $1 what, $2 filter, $3 above this id, $4 how many at most,
-- $5 queue to move to, $6 new priority.
select matched as "matched!", changed as "changed!", last_id
from queue.bulk($1, $2, $3, $4, $5, $6)
