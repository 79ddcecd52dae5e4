-- no-transaction
-- Who waits for goods, in the order of their promises. Locks: none that blocks a writer.
create index concurrently inventory_reservations_backordered_idx
  on inventory_reservations (tenant_id, inventory_item_id, location_id, reservation_id)
  where is_backordered and status in ('reserved', 'committed');
