-- $1 return, $2 items or null, $3 actor, $4 tenant. Locks: orders, returns.
select sp_receive_return($1, $2, $3, $4)::text as "done"
