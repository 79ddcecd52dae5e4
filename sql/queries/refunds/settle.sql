-- A refund is done, or with $3 was refused. $1 refund, $2 the provider's id of it, $4 tenant.
-- Locks: order, payments, refunds.
select settle_refund($1, $2, $3, $4) as "status!"
