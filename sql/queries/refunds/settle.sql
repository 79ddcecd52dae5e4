-- $1 refund, $2 provider's id, $3 tenant. Locks: the order, its payments, the refund.
select settle_refund($1, $2, null, $3) as "status!"
