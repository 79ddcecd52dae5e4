-- $1 fulfilment, $2 provider's id or null, $3 actor, $4 tenant. Locks: the order, the fulfilment.
select sp_accept_fulfillment($1, $2, $3, $4)::text as "done"
