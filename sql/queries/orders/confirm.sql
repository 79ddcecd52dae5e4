-- $1 order, $2 actor, $3 notes or null, $4 tenant. Locks: orders, levels, reservations.
select sp_confirm_order($1, $2, $3, $4)::text as "done"
