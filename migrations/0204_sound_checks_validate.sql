-- Reads the tables without a lock that writers would notice.
alter table orders validate constraint orders_sound_check;
alter table order_items validate constraint order_items_sound_check;
alter table inventory_levels validate constraint inventory_levels_sound_check;
