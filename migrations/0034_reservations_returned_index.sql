-- no-transaction
-- What came back, for the books and for whoever asks how much comes back. Locks: none that blocks a
-- writer.
create index concurrently inventory_reservations_returned_idx
  on inventory_reservations (tenant_id, order_id, inventory_item_id) where status = 'returned';
