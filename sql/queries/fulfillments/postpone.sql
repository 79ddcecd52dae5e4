-- $1 fulfilment, $2 actor, $3 tenant. Locks: the order, the fulfilment.
select sp_postpone_fulfillment($1, $2, $3)::text as "done"
