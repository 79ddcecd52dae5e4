-- The parcel with this number, as a link shows it, and its order, for whoever has the number. $1
-- tenant, $2 number. Index: shipments_tracking_idx.
select
    s.order_id,
    parcel.shown as "parcel!"
from shipments as s
cross join lateral jsonb_array_elements(orders_tracking(array[s.order_id], $1)) as o (tracked)
cross join lateral jsonb_array_elements(o.tracked -> 'shipments') as parcel (shown)
where s.tenant_id = $1
    and s.tracking_number = $2
    and parcel.shown ->> 'tracking_number' = $2
order by s.shipment_id desc
limit 1
