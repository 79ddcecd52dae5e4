-- $1 order, $2 reason, $3 notes or null, $4 actor, $5 tenant. Locks: orders.
select sp_add_hold($1, $2, $3, $4, $5) as "order_hold_id"
