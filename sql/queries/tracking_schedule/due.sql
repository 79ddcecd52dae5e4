-- $1 carriers. Index: tracking_schedule_due_idx.
select carrier_code as "carrier_code!", due as "due!"
from due_polls($1)
