-- $1 fulfilment, $2 actor, $3 tenant: the attempt that just ended sent nothing.
-- Locks: the order, the fulfilment.
select sp_fail_over_fulfillment($1, true, $2, $3) as "fulfillment_id"
