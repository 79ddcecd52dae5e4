-- $1 fulfilment, $2 carrier, $3 tracking number, $4 its page, $5 service, $6 estimate, $7 actor,
-- $8 tenant. Locks: the order, then the fulfilment.
select sp_create_shipment($1, $2, $3, $4, $5, $6, $7, $8) as "shipment_id!"
