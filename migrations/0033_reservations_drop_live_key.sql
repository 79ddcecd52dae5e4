-- no-transaction
-- A promise that was split is several live rows of one line, item and location. That a line is not
-- promised more than it needs is trg_inventory_reservations_ledger's to say, as before.
-- Locks: waits for who uses the index, blocks nobody.
drop index concurrently if exists inventory_reservations_live_key;
