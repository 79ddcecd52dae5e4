-- $1 order, $2 actor, $3 reason, $4 tenant. Locks: orders, levels, reservations, the order's jobs.
select sp_cancel_order($1, $2, $3, $4)::text as "done"
