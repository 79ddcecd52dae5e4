-- The checks of 0041 and 0042, now for the rows that were there before.
-- Locks: share update exclusive on order_items and order_state_history while each is read once:
--   orders go on being placed meanwhile.

alter table order_items
  validate constraint order_items_total_price_check,
  validate constraint order_items_units_check;
alter table order_state_history
  validate constraint order_state_history_axis_check,
  validate constraint order_state_history_shipment_id_check,
  validate constraint order_state_history_return_id_check,
  validate constraint order_state_history_held_ms_check;
