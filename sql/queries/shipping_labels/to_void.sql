-- $1 label, $2 tenant. No row: it does not go back any more.
select
  b.fulfillment_id,
  b.carrier_code,
  s.tracking_number as "tracking_number!",
  b.carrier_shipment_id as "carrier_shipment_id!",
  coalesce(l.address ->> 'country', '') as "from_country!"
from shipping_labels as b
join shipments as s using (tenant_id, order_id, shipment_id)
join fulfillments as f on f.tenant_id = b.tenant_id and f.fulfillment_id = b.fulfillment_id
left join locations as l on l.tenant_id = f.tenant_id and l.location_id = f.location_id
where b.tenant_id = $2
  and b.shipping_label_id = $1
  and b.status = 'voiding'
