-- $1 label, $2 tracking number, $3 carrier's shipment, $4 format, $5 content, $6 price, $7
-- currency,
-- $8 address to follow it, $9 tenant. Locks: the order, the fulfilment.
select sp_finish_label($1, $2, $3, $4, $5, $6, $7, $8, 'worker', $9) as "shipment_id!"
