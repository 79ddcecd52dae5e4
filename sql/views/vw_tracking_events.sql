-- What carriers said: tracking_events, and what was put away of it.
-- Indexes, for one parcel: tracking_events_fact_key, and by its order archived_orders_pkey.
create or replace view vw_tracking_events
with (security_invoker = true) as
select
  e.tenant_id, e.tracking_event_id, e.order_id, e.shipment_id, e.status, e.description, e.location,
  e.occurred_at
from tracking_events as e
union all
select
  a.tenant_id, r.tracking_event_id, a.order_id, r.shipment_id, r.status, r.description, r.location,
  r.occurred_at
from archived_orders as a
cross join lateral
  jsonb_populate_recordset(null::tracking_events, a.document -> 'tracking_events') as r;

comment on view vw_tracking_events is
  'tracking_events with what was put away of it. Ask for a parcel by its order, too.';
comment on column vw_tracking_events.tenant_id is 'The shop.';
comment on column vw_tracking_events.tracking_event_id is 'Grows in the order of writing.';
comment on column vw_tracking_events.order_id is 'The order.';
comment on column vw_tracking_events.shipment_id is 'The parcel.';
comment on column vw_tracking_events.status is 'What it says, in our words.';
comment on column vw_tracking_events.description is 'The carrier''s words.';
comment on column vw_tracking_events.location is 'Where.';
comment on column vw_tracking_events.occurred_at is 'When, by the carrier.';
