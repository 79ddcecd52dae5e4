-- $1 return, $2 items or null, $3 location's code or null, $4 actor, $5 tenant.
-- Locks: orders, returns, levels, reservations.
select sp_inspect_return($1, $2, $3, $4, $5)::text as "done"
