-- Every change of state that ever happened, counted: the shop's process as it is lived.
-- E.g. Which ways do orders take through the states, and how often is each taken?
create or replace view analytics.status_transitions
with (security_invoker = true) as
select
  d.tenant_id,
  d.axis,
  d.from_status,
  d.to_status,
  sum(d.changes)::bigint as changes,
  sum(d.held_seconds) / sum(d.changes) as average_seconds,
  max(d.day) as last_day
from analytics.state_days as d
group by d.tenant_id, d.axis, d.from_status, d.to_status;

comment on view analytics.status_transitions is
  'Every change of state that ever happened, counted: the shop''s process as it is lived. E.g. '
  'Which ways do orders take through the states, and how often is each taken?';
comment on column analytics.status_transitions.tenant_id is 'The shop.';
comment on column analytics.status_transitions.axis is
  'order, payment, fulfillment, shipment or return.';
comment on column analytics.status_transitions.from_status is
  'The state that was left; start: there was none.';
comment on column analytics.status_transitions.to_status is 'The state that followed.';
comment on column analytics.status_transitions.changes is 'How often.';
comment on column analytics.status_transitions.average_seconds is
  'Seconds in from_status on average.';
comment on column analytics.status_transitions.last_day is 'Day of the last.';
