-- Orders that are not on their way yet, by state and the day they were placed.
-- E.g. How old is our backlog, and in which state does it lie?
create or replace view analytics.order_backlog
with (security_invoker = true) as
select
  d.tenant_id,
  d.order_status,
  d.day,
  sum(d.orders)::bigint as orders,
  (clock_now() at time zone 'UTC')::date - d.day as age_days
from analytics.order_days as d
where d.order_status in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed', 'processing',
  'picking', 'packed')
group by d.tenant_id, d.order_status, d.day;

comment on view analytics.order_backlog is
  'Orders that are not on their way yet, by state and the day they were placed. E.g. How old is '
  'our backlog, and in which state does it lie?';
comment on column analytics.order_backlog.tenant_id is 'The shop.';
comment on column analytics.order_backlog.order_status is 'State of the orders now.';
comment on column analytics.order_backlog.day is 'Day in UTC.';
comment on column analytics.order_backlog.orders is 'Orders.';
comment on column analytics.order_backlog.age_days is 'Days since then.';
