-- Puts the details of at most $2 orders away that ended more than $1 seconds ago; answers by table
-- how many rows went. Locks and indexes: archive_orders().
select table_name as "table_name!", row_count as "row_count!"
from archive_orders(make_interval(secs => $1), $2)
