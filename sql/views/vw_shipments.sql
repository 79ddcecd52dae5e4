-- Parcels with the number of their order.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_shipments
with (security_invoker = true) as
select
  s.tenant_id,
  s.shipment_id,
  s.order_id,
  o.order_number,
  s.fulfillment_id,
  s.carrier_code,
  s.service,
  s.tracking_number,
  s.tracking_url,
  s.status,
  s.status_since,
  s.estimated_delivery_at,
  coalesce(s.estimated_delivery_at < clock_now(), false) and s.delivered_at is null
    and s.status not in ('returned', 'cancelled') as is_late,
  s.created_at,
  s.shipped_at,
  s.delivered_at,
  s.updated_at
from shipments as s
join orders as o using (tenant_id, order_id);

comment on view vw_shipments is 'Parcels with the number of their order.';
comment on column vw_shipments.tenant_id is 'The shop.';
comment on column vw_shipments.shipment_id is 'Its key.';
comment on column vw_shipments.order_id is 'Its order.';
comment on column vw_shipments.order_number is 'The number of its order.';
comment on column vw_shipments.fulfillment_id is 'The fulfilment it is a parcel of.';
comment on column vw_shipments.carrier_code is 'Who carries it.';
comment on column vw_shipments.service is 'How.';
comment on column vw_shipments.tracking_number is 'What the carrier calls it.';
comment on column vw_shipments.tracking_url is 'The carrier''s page about it.';
comment on column vw_shipments.status is 'Where it is.';
comment on column vw_shipments.status_since is 'Since when.';
comment on column vw_shipments.estimated_delivery_at is 'When it is expected.';
comment on column vw_shipments.is_late is 'Whether it was expected before now and has not arrived.';
comment on column vw_shipments.created_at is 'When it was made.';
comment on column vw_shipments.shipped_at is 'When it left.';
comment on column vw_shipments.delivered_at is 'When it arrived.';
comment on column vw_shipments.updated_at is 'When it changed last.';
