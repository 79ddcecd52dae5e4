-- Makes due scheduled jobs ready. $1: how many at most, $2: tell the others.
select promoted as "promoted!", next_in_ms
from queue.promote($1, $2)
