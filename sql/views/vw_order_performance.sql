-- How long each order took from step to step, and the fulfilment state that earlier systems kept.
create or replace view vw_order_performance
with (security_invoker = true) as
select
  o.tenant_id,
  o.order_id,
  o.order_number,
  o.order_status,
  case
    when o.order_status in ('delivered', 'completed', 'partially_returned', 'returned')
      then 'success'
    when f.failed > 0 or o.order_status in ('cancelled', 'expired', 'payment_failed')
      then 'failed'
    when f.begun > 0 then 'processing'
    else 'pending'
  end as fulfillment_status,
  o.placed_at,
  o.confirmed_at,
  f.shipped_at,
  o.delivered_at,
  (extract(epoch from o.confirmed_at - o.placed_at) * 1000)::bigint as confirmation_ms,
  (extract(epoch from f.shipped_at - o.confirmed_at) * 1000)::bigint as shipping_ms,
  (extract(epoch from o.delivered_at - f.shipped_at) * 1000)::bigint as delivery_ms,
  (extract(epoch from o.delivered_at - o.placed_at) * 1000)::bigint
    as total_processing_duration_ms,
  f.attempts as fulfillment_attempts,
  o.error_count
from orders as o
cross join lateral (
  select
    min(shipped_at) as shipped_at,
    coalesce(sum(attempt), 0) as attempts,
    count(*) filter (where status in ('rejected', 'failed')) as failed,
    count(*) filter (where status not in ('pending', 'on_hold', 'cancelled')) as begun
  from fulfillments
  where tenant_id = o.tenant_id
    and order_id = o.order_id
) as f;

comment on view vw_order_performance is
  'Each order''s times from step to step. Sums over many orders: schema analytics.';
comment on column vw_order_performance.tenant_id is 'The shop.';
comment on column vw_order_performance.order_id is 'Key of the order.';
comment on column vw_order_performance.order_number is 'Number for people.';
comment on column vw_order_performance.order_status is 'State of the order.';
comment on column vw_order_performance.fulfillment_status is
  'pending, processing, success or failed, derived from order and fulfilments: the one state that '
  'earlier systems kept.';
comment on column vw_order_performance.placed_at is 'When it was placed.';
comment on column vw_order_performance.confirmed_at is 'When it was first confirmed.';
comment on column vw_order_performance.shipped_at is 'When its first goods left.';
comment on column vw_order_performance.delivered_at is 'When everything was delivered.';
comment on column vw_order_performance.confirmation_ms is 'From placed to confirmed.';
comment on column vw_order_performance.shipping_ms is 'From confirmed to first goods left.';
comment on column vw_order_performance.delivery_ms is 'From there to delivered.';
comment on column vw_order_performance.total_processing_duration_ms is 'From placed to delivered.';
comment on column vw_order_performance.fulfillment_attempts is
  'How often workers began its fulfilments.';
comment on column vw_order_performance.error_count is 'Errors that nobody settled yet.';
