-- Every change of state there ever was: of order_state_history, and of what was put away of it.
-- Index, for one order: order_state_history_order_id_idx, archived_orders_pkey.
create or replace view vw_state_history
with (security_invoker = true) as
select
  h.tenant_id, h.history_id, h.order_id, h.axis, h.fulfillment_id, h.shipment_id, h.return_id,
  h.from_status, h.to_status, h.changed_by, h.reason, h.held_ms, h.created_at
from order_state_history as h
union all
select
  a.tenant_id, r.history_id, a.order_id, r.axis, r.fulfillment_id, r.shipment_id, r.return_id,
  r.from_status, r.to_status, r.changed_by, r.reason, r.held_ms, r.created_at
from archived_orders as a
cross join lateral
  jsonb_populate_recordset(null::order_state_history, a.document -> 'order_state_history') as r;

comment on view vw_state_history is
  'order_state_history with what was put away of it: every change of state there ever was.';
comment on column vw_state_history.tenant_id is 'The shop.';
comment on column vw_state_history.history_id is 'Grows in the order of writing.';
comment on column vw_state_history.order_id is 'The order.';
comment on column vw_state_history.axis is 'order, payment, fulfillment, shipment, return.';
comment on column vw_state_history.fulfillment_id is 'On the axis fulfillment: which one.';
comment on column vw_state_history.shipment_id is 'On the axis shipment: which one.';
comment on column vw_state_history.return_id is 'On the axis return: which one.';
comment on column vw_state_history.from_status is 'State before; null at the beginning.';
comment on column vw_state_history.to_status is 'State after.';
comment on column vw_state_history.changed_by is 'Who.';
comment on column vw_state_history.reason is 'Why, as given.';
comment on column vw_state_history.held_ms is 'How long the state before held.';
comment on column vw_state_history.created_at is 'When.';
