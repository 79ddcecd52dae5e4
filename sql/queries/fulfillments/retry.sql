-- $1 fulfilment, $2 code, $3 message, $4 ask first, $5 actor, $6 tenant.
-- Locks: the order, the fulfilment.
select sp_retry_fulfillment($1, $2, $3, $4, $5, $6)::text as "done"
