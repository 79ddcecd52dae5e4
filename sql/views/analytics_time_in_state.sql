-- How long states hold before they are left, by day of leaving.
-- E.g. Where do orders wait longest?
create or replace view analytics.time_in_state
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  d.axis,
  d.from_status as state,
  sum(d.changes)::bigint as changes,
  sum(d.held_seconds) / sum(d.changes) as average_seconds,
  max(d.held_p95_seconds) as p95_seconds,
  max(d.held_max_seconds) as max_seconds
from analytics.state_days as d
where d.from_status <> 'start'
group by d.tenant_id, d.day, d.axis, d.from_status;

comment on view analytics.time_in_state is
  'How long states hold before they are left, by day of leaving. E.g. Where do orders wait '
  'longest?';
comment on column analytics.time_in_state.tenant_id is 'The shop.';
comment on column analytics.time_in_state.day is 'Day in UTC.';
comment on column analytics.time_in_state.axis is
  'order, payment, fulfillment, shipment or return.';
comment on column analytics.time_in_state.state is 'The state.';
comment on column analytics.time_in_state.changes is 'How often.';
comment on column analytics.time_in_state.average_seconds is 'Seconds in the state on average.';
comment on column analytics.time_in_state.p95_seconds is
  '95 of 100 changes came within, at the slowest way out.';
comment on column analytics.time_in_state.max_seconds is 'The longest.';
