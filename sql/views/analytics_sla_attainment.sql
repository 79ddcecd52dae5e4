-- Which part of the orders that reached a stage did so within its target (analytics.sla_targets;
-- else 1 hour, 2 and 5 days).
-- E.g. Did we confirm 99 % of orders within an hour this month?
create or replace view analytics.sla_attainment
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  s.stage as stage,
  s.reached as reached,
  s.in_time as in_time,
  round(s.in_time::numeric / nullif(s.reached, 0), 4) as attainment
from analytics.cycle_days as d
cross join lateral (values
  ('confirm', d.confirmed_orders, d.confirmed_in_time),
  ('ship', d.shipped_orders, d.shipped_in_time),
  ('deliver', d.delivered_orders, d.delivered_in_time)
) as s (stage, reached, in_time);

comment on view analytics.sla_attainment is
  'Which part of the orders that reached a stage did so within its target '
  '(analytics.sla_targets; else 1 hour, 2 and 5 days). E.g. Did we confirm 99 % of orders '
  'within an hour this month?';
comment on column analytics.sla_attainment.tenant_id is 'The shop.';
comment on column analytics.sla_attainment.day is 'Day in UTC.';
comment on column analytics.sla_attainment.stage is 'confirm, ship or deliver.';
comment on column analytics.sla_attainment.reached is 'Orders that reached the stage.';
comment on column analytics.sla_attainment.in_time is 'Of those, within the target.';
comment on column analytics.sla_attainment.attainment is 'in_time of reached, 0 to 1.';
