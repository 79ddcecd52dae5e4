-- $1 provider, $2 account, $3 whether it worked, $4 whether it was the probe, $5 pause in ms,
-- $6 what went wrong. Locks: the gate's row.
select
  state as "state!",
  has_opened as "has_opened!"
from report_provider($1, $2, $3, $4, $5, $6)
