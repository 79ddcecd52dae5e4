-- $1 carrier, $2 tracking numbers, $3 tenant. Locks: their rows of tracking_schedule.
select parcels as "parcels!", hurried as "hurried!"
from hurry_polls($1, $2, $3)
