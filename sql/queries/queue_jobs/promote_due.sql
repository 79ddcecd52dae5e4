-- Makes due scheduled jobs ready. $1: how many at most.
select promoted as "promoted!", next_in_ms
from queue.promote_due($1)
