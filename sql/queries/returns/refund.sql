-- $1 return, $2 amount or null, $3 actor, $4 tenant. Locks: orders, returns, payments.
select sp_refund_return($1, $2, $3, $4) as "refund_id"
