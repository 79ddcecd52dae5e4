-- What one step of priority is worth in waiting time. $1 queue, $2 milliseconds; null: strict.
select true as "set!"
from queue.set_ageing($1, $2::bigint * interval '1 millisecond')
