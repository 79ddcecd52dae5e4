-- $1 return, $2 state, $3 actor, $4 notes or null, $5 tenant. Locks: orders, returns.
select sp_move_return($1, $2, $3, $4, $5)::text as "done"
