-- Orders that somebody still has to do something about, oldest first.
create or replace view vw_pending_orders
with (security_invoker = true) as
select
  o.tenant_id,
  o.order_id,
  o.order_number,
  o.customer_name,
  o.order_status,
  o.payment_status,
  o.payment_method,
  o.total_amount,
  o.currency,
  (select count(*)
    from order_items as oi
    where oi.tenant_id = o.tenant_id
      and oi.order_id = o.order_id) as item_count,
  o.placed_at,
  extract(epoch from clock_now() - o.placed_at)::bigint / 60 as age_minutes,
  case when o.order_status = 'pending' then o.expires_at end as expires_at,
  o.order_status = 'pending' and o.expires_at <= clock_now() as is_overdue,
  case when o.order_status = 'on_hold' then (
    select h.reason
    from order_state_history as h
    where h.tenant_id = o.tenant_id
      and h.order_id = o.order_id
      and h.axis = 'order'
      and h.to_status = 'on_hold'
    order by h.history_id desc
    limit 1) end as hold_reason,
  o.error_count as unresolved_errors,
  case when o.order_status = 'on_hold' then (
    select array_agg(distinct h.reason order by h.reason)
    from order_holds as h
    where h.tenant_id = o.tenant_id
      and h.order_id = o.order_id
      and h.released_at is null) end as hold_reasons
from orders as o
where o.order_status in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
  'processing', 'picking', 'packed')
order by o.placed_at, o.order_id;

comment on view vw_pending_orders is
  'Orders that are not on their way yet: who waits, how long, for what. One row per order.';
comment on column vw_pending_orders.tenant_id is 'The shop.';
comment on column vw_pending_orders.order_id is 'Key of the order.';
comment on column vw_pending_orders.order_number is 'Number for people.';
comment on column vw_pending_orders.customer_name is 'Who ordered (personal data).';
comment on column vw_pending_orders.order_status is 'State of the order.';
comment on column vw_pending_orders.payment_status is 'State of its payment.';
comment on column vw_pending_orders.payment_method is 'How it is paid.';
comment on column vw_pending_orders.total_amount is 'What the customer pays, minor units.';
comment on column vw_pending_orders.currency is 'ISO 4217 code of total_amount.';
comment on column vw_pending_orders.item_count is 'Number of lines.';
comment on column vw_pending_orders.placed_at is 'When it was placed.';
comment on column vw_pending_orders.age_minutes is 'Whole minutes since then.';
comment on column vw_pending_orders.expires_at is 'When it lapses unless it is confirmed.';
comment on column vw_pending_orders.is_overdue is 'Whether it lapsed and is about to be expired.';
comment on column vw_pending_orders.hold_reason is 'Why it is on hold, as given.';
comment on column vw_pending_orders.unresolved_errors is 'Errors that nobody settled yet.';
comment on column vw_pending_orders.hold_reasons is 'The open order_holds'' reasons, each once.';
