-- What is printed for a parcel: its last label. $1 parcel, $2 tenant.
-- Index: shipping_labels_shipment_id_idx.
select
    b.format as "format!",
    b.content as "content!",
    s.tracking_number
from shipping_labels as b
join shipments as s using (tenant_id, shipment_id)
where b.tenant_id = $2
    and b.shipment_id = $1
    and b.status in ('bought', 'voiding')
    and b.content is not null
order by b.shipping_label_id desc
limit 1
