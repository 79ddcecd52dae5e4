-- Every order with its three axes beside each other, and the one status of earlier systems.
create or replace view vw_order_statuses
with (security_invoker = true) as
select
  o.tenant_id,
  o.order_id,
  o.order_number,
  single_status(o.order_status, o.payment_status) as status,
  o.order_status,
  o.payment_status,
  (
    select case
      when bool_or(f.status in ('failed', 'rejected', 'on_hold')) then 'failed'
      when bool_and(f.status = 'delivered') then 'success'
      when bool_or(f.status <> 'pending') then 'processing'
      else 'pending' end
    from fulfillments as f
    where f.tenant_id = o.tenant_id
      and f.order_id = o.order_id
      and f.status <> 'cancelled'
  ) as fulfillment_status,
  o.placed_at,
  o.updated_at
from orders as o;

comment on view vw_order_statuses is
  'Orders with their axes beside each other and the single status that earlier systems knew.';
comment on column vw_order_statuses.tenant_id is 'The shop.';
comment on column vw_order_statuses.order_id is 'Key of the order.';
comment on column vw_order_statuses.order_number is 'Number for people.';
comment on column vw_order_statuses.status is
  'pending, confirmed, paid, processing, picking, packed, shipped, delivered, cancelled, '
  'payment_failed, returned, refunded or on_hold.';
comment on column vw_order_statuses.order_status is 'State on the order axis.';
comment on column vw_order_statuses.payment_status is 'State on the payment axis.';
comment on column vw_order_statuses.fulfillment_status is
  'pending, processing, success or failed, of all fulfilments together; null: none yet.';
comment on column vw_order_statuses.placed_at is 'When it was placed.';
comment on column vw_order_statuses.updated_at is 'When it last changed.';
