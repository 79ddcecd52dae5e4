-- Everything that happened to orders, in one list: changes of state on every axis, and what people
-- and programs did; with what was put away of it.
create or replace view vw_order_timeline
with (security_invoker = true) as
select
  tenant_id,
  order_id,
  created_at,
  'state' as kind,
  axis as subject,
  coalesce(fulfillment_id, shipment_id, return_id) as part_id,
  concat_ws(' -> ', from_status, to_status) as what,
  changed_by as actor,
  reason,
  held_ms,
  null::jsonb as details,
  history_id as sequence
from vw_state_history
union all
select
  tenant_id,
  order_id,
  created_at,
  'action',
  'order',
  null,
  action,
  actor,
  details->>'reason',
  null,
  details,
  order_log_id
from order_logs
union all
select
  a.tenant_id,
  a.order_id,
  r.created_at,
  'action',
  'order',
  null,
  r.action,
  r.actor,
  r.details->>'reason',
  null,
  r.details,
  r.order_log_id
from archived_orders as a
cross join lateral jsonb_populate_recordset(null::order_logs, a.document -> 'order_logs') as r;

comment on view vw_order_timeline is
  'Everything that happened to orders: changes of state on every axis, and actions. Ask for one '
  'order, order by created_at, kind desc, sequence.';
comment on column vw_order_timeline.tenant_id is 'The shop.';
comment on column vw_order_timeline.order_id is 'The order.';
comment on column vw_order_timeline.created_at is 'When.';
comment on column vw_order_timeline.kind is 'state: order_state_history; action: order_logs.';
comment on column vw_order_timeline.subject is 'The axis of a state; order for actions.';
comment on column vw_order_timeline.part_id is 'Which fulfilment, shipment or return.';
comment on column vw_order_timeline.what is 'from -> to, or the action.';
comment on column vw_order_timeline.actor is 'Who.';
comment on column vw_order_timeline.reason is 'Why, as given.';
comment on column vw_order_timeline.held_ms is 'How long the state before held.';
comment on column vw_order_timeline.details is 'What belongs to an action.';
comment on column vw_order_timeline.sequence is 'Order of writing within its kind.';
