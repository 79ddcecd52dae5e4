-- $1 fulfilment, $2 provider's id, $3 its parcels, $4 whether that is all, $5 actor, $6 tenant.
-- Locks: the order, the fulfilment.
select sp_record_shipments($1, $2, $3, $4, $5, $6) as "news!"
