-- $1 SKU, $2 location's code, $3 units, $4 reason or null, $5 tenant. Locks: the level.
select sp_receive_stock($1, $2, $3, $4, $5) as "on_hand!"
