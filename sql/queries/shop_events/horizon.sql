-- The oldest transaction that is open, and the first that has not begun: numbers of transactions.
select
  pg_snapshot_xmin(s)::text::bigint as "oldest_open!",
  pg_snapshot_xmax(s)::text::bigint as "next!"
from pg_current_snapshot() as s
