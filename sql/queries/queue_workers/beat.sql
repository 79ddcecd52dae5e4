-- A worker gives a sign of life, and looks after the fleet. $1: worker_id, $2: it rests, $3: it
-- watches, $4: it has free places and no work.
select
  alive as "alive!",
  eldest,
  rank,
  workers,
  busy,
  again_in_ms,
  cancelled,
  now_ms,
  chores,
  told,
  ready,
  rescue,
  sweep,
  next_due_ms
from queue.beat($1, $2, $3, $4)
