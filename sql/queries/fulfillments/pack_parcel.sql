-- $1 fulfilment, $2 measures and wishes as they were sent, $3 actor, $4 tenant.
-- Locks: the order, then the fulfilment.
select pack_parcel($1, $2, $3, $4)::text as "done"
