-- $1 error, $2 actor, $3 resolution or null, $4 ticket or null, $5 tenant. Locks: orders.
select sp_resolve_error($1, $2, $3, $4, $5) as "order_id!"
