-- $1 fulfilment, $2 provider's id or null, $3 actor, $4 tenant.
-- Locks: the order, the fulfilment, levels, reservations.
select sp_deliver_fulfillment($1, $2, $3, $4)::text as "done"
