-- A provider's own name of a parcel: what tells it again before, and without, a tracking number.
-- Locks: access exclusive on shipments and fulfillments for a moment each (nullable columns, check
--   not valid). The index comes in 0123, concurrently.
-- The previous release: writes none; null is what it means.

alter table shipments
  add column provider_shipment_id text,
  add constraint shipments_provider_shipment_id_check
    check (length(provider_shipment_id) between 1 and 100) not valid;

comment on column shipments.provider_shipment_id is
  'The fulfilment provider''s own name of the parcel, unique in its fulfilment; null: a parcel '
  'that we sent ourselves.';

alter table fulfillments add column handed_over_at timestamptz;

comment on column fulfillments.handed_over_at is
  'When its provider had named all its parcels: what becomes of them is for their carriers to '
  'tell, and no job asks the provider any more.';
