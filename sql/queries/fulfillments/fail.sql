-- $1 fulfilment, $2 code, $3 message, $4 category, $5 severity, $6 actor, $7 tenant.
-- Locks: the order, the fulfilment.
select sp_fail_fulfillment($1, $2, $3, $4, $5, $6, $7)::text as "done"
