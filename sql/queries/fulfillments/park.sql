-- $1 fulfilment, $2 code, $3 message, $4 actor, $5 tenant. Locks: the order, the fulfilment.
select sp_park_fulfillment($1, $2, $3, $4, $5)::text as "done"
