-- Proves that the rows written before 0031 keep its checks.
-- Locks: share update exclusive while the tables are read: nobody's reads and writes wait.
alter table inventory_levels validate constraint inventory_levels_incoming_check;
alter table inventory_levels validate constraint inventory_levels_damaged_check;
alter table inventory_levels validate constraint inventory_levels_safety_stock_check;
alter table stock_movements validate constraint stock_movements_kind_check;
alter table stock_movements validate constraint stock_movements_deltas_check;
alter table inventory_reservations validate constraint inventory_reservations_status_check;
