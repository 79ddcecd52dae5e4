-- $1 carrier, $2 how many at most. Locks: their rows, skipping what others hold.
-- Index: tracking_schedule_due_idx.
select
  tenant_id as "tenant_id!",
  shipment_id as "shipment_id!",
  tracking_number as "tracking_number!"
from claim_polls($1, $2)
