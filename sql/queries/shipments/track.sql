-- What anybody with a tracking number may know: nothing of who, what or where to. $1 number,
-- $2 tenant. Index: shipments_tracking_number_key, by the shop and then the number.
select jsonb_build_object(
  'tracking_number', s.tracking_number,
  'carrier_code', s.carrier_code,
  'tracking_url', s.tracking_url,
  'status', s.status,
  'status_since', s.status_since,
  'estimated_delivery_at', s.estimated_delivery_at,
  'shipped_at', s.shipped_at,
  'delivered_at', s.delivered_at,
  'events', coalesce((
    select jsonb_agg(jsonb_build_object(
        'status', e.status,
        'description', e.description,
        'location', e.location,
        'occurred_at', e.occurred_at)
      order by e.occurred_at, e.tracking_event_id)
    from vw_tracking_events as e
    where e.tenant_id = s.tenant_id
      and e.order_id = s.order_id
      and e.shipment_id = s.shipment_id), '[]')) as "shipment!"
from shipments as s
where s.tenant_id = $2
  and s.tracking_number = $1
order by s.shipment_id desc
limit 1
