-- $1 order, $2 actor, $3 reason, $4 tenant. Locks: orders.
select sp_hold_order($1, $2, $3, $4)::text as "done"
