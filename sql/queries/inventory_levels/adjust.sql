-- $1 SKU, $2 location's code, $3 units expected, $4 units counted, $5 reason, $6 tenant.
-- Locks: the level.
select sp_adjust_stock($1, $2, $3, $4, $5, $6) as "correction!"
