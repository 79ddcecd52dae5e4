-- Two more state machines, shipment and return, and history that says how long a state held.
-- Locks: access exclusive on order_state_history, for a moment: nullable columns, checks that are
--   not valid until 0043. order_state_transitions is tiny.
-- The previous release: knows neither axis, and its history rows keep passing the checks.

alter table order_state_transitions
  drop constraint order_state_transitions_axis_check,
  add constraint order_state_transitions_axis_check
    check (axis in ('order', 'payment', 'fulfillment', 'shipment', 'return'));

comment on column order_state_transitions.axis is
  'order, payment, fulfillment, shipment or return.';

insert into order_state_transitions (axis, from_status, to_status)
select axis, nullif(from_status, '-'), to_status
from (values
  -- A carrier's news may skip steps; that they never lead back is trg_shipments_guard's rank rule.
  ('shipment', '-', '{pending}'),
  ('shipment', 'pending', '{info_received,in_transit,out_for_delivery,attempt_failed,'
    'available_for_pickup,exception,delivered,returned,expired,cancelled}'),
  ('shipment', 'info_received', '{in_transit,out_for_delivery,attempt_failed,'
    'available_for_pickup,exception,delivered,returned,expired,cancelled}'),
  ('shipment', 'in_transit', '{out_for_delivery,attempt_failed,available_for_pickup,exception,'
    'delivered,returned,expired}'),
  ('shipment', 'out_for_delivery',
    '{attempt_failed,available_for_pickup,exception,delivered,returned,expired}'),
  ('shipment', 'attempt_failed',
    '{out_for_delivery,available_for_pickup,exception,delivered,returned,expired}'),
  ('shipment', 'available_for_pickup',
    '{out_for_delivery,attempt_failed,exception,delivered,returned,expired}'),
  ('shipment', 'exception', '{info_received,in_transit,out_for_delivery,attempt_failed,'
    'available_for_pickup,delivered,returned,expired,cancelled}'),
  -- The carrier lost sight of it; what it says after all still counts.
  ('shipment', 'expired', '{delivered,returned}'),
  ('shipment', 'delivered', '{returned}'),
  ('return', '-', '{requested}'),
  ('return', 'requested', '{approved,rejected,cancelled}'),
  ('return', 'approved', '{in_transit,partially_received,received,cancelled,expired}'),
  ('return', 'in_transit', '{partially_received,received,lost}'),
  ('return', 'partially_received', '{received}'),
  ('return', 'received', '{inspected}'),
  ('return', 'inspected', '{refunded,exchanged,rejected}')
) as legal (axis, from_status, to_statuses)
cross join lateral unnest(to_statuses::text[]) as to_status;

alter table order_state_history
  add column shipment_id bigint,
  add column return_id bigint,
  add column held_ms bigint,
  drop constraint order_state_history_axis_check,
  add constraint order_state_history_axis_check
    check (axis in ('order', 'payment', 'fulfillment', 'shipment', 'return')) not valid,
  add constraint order_state_history_shipment_id_check
    check ((axis = 'shipment') = (shipment_id is not null)) not valid,
  add constraint order_state_history_return_id_check
    check ((axis = 'return') = (return_id is not null)) not valid,
  add constraint order_state_history_held_ms_check check (held_ms >= 0) not valid;

comment on column order_state_history.axis is 'order, payment, fulfillment, shipment or return.';
comment on column order_state_history.shipment_id is 'The shipment, on that axis only.';
comment on column order_state_history.return_id is 'The return, on that axis only.';
comment on column order_state_history.held_ms is
  'How long from_status held, in milliseconds; null for a first state.';
