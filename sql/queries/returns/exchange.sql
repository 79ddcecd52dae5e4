-- $1 return, $2 lines, $3 actor, $4 tenant. Locks: orders, returns, levels, payments.
select sp_exchange_return($1, $2, $3, $4) as "order_id"
