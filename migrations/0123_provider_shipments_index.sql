-- no-transaction
-- Each parcel of a provider once in its fulfilment.
-- Locks: share update exclusive on shipments while the index is built: writes go on.

create unique index concurrently if not exists shipments_provider_shipment_id_key
  on shipments (tenant_id, fulfillment_id, provider_shipment_id)
  where provider_shipment_id is not null;
