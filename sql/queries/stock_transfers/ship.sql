-- $1 transfer, $2 tenant. Locks: the transfer, then the levels.
select sp_ship_transfer($1, $2)::text as "done"
