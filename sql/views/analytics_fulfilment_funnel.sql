-- How far the orders of each day have come.
-- E.g. Of last week's orders, how many got as far as the customer, and where are the others?
create or replace view analytics.fulfilment_funnel
with (security_invoker = true) as
select
  d.tenant_id,
  d.day,
  sum(d.orders)::bigint as placed,
  sum(d.confirmed_orders)::bigint as confirmed,
  coalesce(sum(d.orders) filter (where d.order_status in (
    'partially_shipped', 'shipped', 'partially_delivered', 'delivered', 'completed',
    'partially_returned', 'returned')), 0)::bigint
    as shipped,
  sum(d.delivered_orders)::bigint as delivered,
  coalesce(sum(d.orders) filter (where d.order_status = 'cancelled'), 0)::bigint as cancelled,
  coalesce(sum(d.orders)
      filter (where d.order_status in ('expired', 'payment_failed')), 0)::bigint
    as expired,
  coalesce(sum(d.orders) filter (where d.order_status = 'on_hold'), 0)::bigint as on_hold,
  round(sum(d.confirmed_orders) / sum(d.orders), 4) as confirmed_rate,
  round(sum(d.delivered_orders) / nullif(sum(d.confirmed_orders), 0), 4) as delivered_rate
from analytics.order_days as d
group by d.tenant_id, d.day;

comment on view analytics.fulfilment_funnel is
  'How far the orders of each day have come. E.g. Of last week''s orders, how many got as far as '
  'the customer, and where are the others?';
comment on column analytics.fulfilment_funnel.tenant_id is 'The shop.';
comment on column analytics.fulfilment_funnel.day is 'Day in UTC.';
comment on column analytics.fulfilment_funnel.placed is 'Orders placed.';
comment on column analytics.fulfilment_funnel.confirmed is 'Of those, confirmed at some time.';
comment on column analytics.fulfilment_funnel.shipped is
  'Of those, at least partly on their way, or further.';
comment on column analytics.fulfilment_funnel.delivered is 'Of those, delivered.';
comment on column analytics.fulfilment_funnel.cancelled is 'Cancelled.';
comment on column analytics.fulfilment_funnel.expired is 'Never paid or confirmed in time.';
comment on column analytics.fulfilment_funnel.on_hold is 'On hold now.';
comment on column analytics.fulfilment_funnel.confirmed_rate is 'confirmed of placed, 0 to 1.';
comment on column analytics.fulfilment_funnel.delivered_rate is 'delivered of confirmed, 0 to 1.';
