-- no-transaction
-- Parcels by their number alone: whoever has it need not know the carrier.
create index concurrently shipments_tracking_idx
  on shipments (tenant_id, tracking_number)
  where tracking_number is not null;
