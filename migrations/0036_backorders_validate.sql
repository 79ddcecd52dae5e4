-- Proves that the rows written before 0035 keep its checks.
-- Locks: share update exclusive while the tables are read: nobody's reads and writes wait.
alter table inventory_levels validate constraint inventory_levels_counts_check;
alter table stock_movements validate constraint stock_movements_deltas_check;
alter table inventory_reservations validate constraint inventory_reservations_status_check;
