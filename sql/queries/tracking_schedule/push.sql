-- $1 what carriers pushed, $2 tenant. Locks: orders by id, then their parcels.
select parcels as "parcels!", news as "news!"
from record_pushes($1, $2)
