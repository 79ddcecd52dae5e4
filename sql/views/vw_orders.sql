-- Orders with what people look for them by.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_orders
with (security_invoker = true) as
select
  o.tenant_id,
  o.order_id,
  o.order_number,
  single_status(o.order_status, o.payment_status) as status,
  o.order_status,
  o.payment_status,
  o.payment_method,
  o.currency,
  o.total_amount,
  o.customer_id,
  c.customer_code,
  o.customer_name,
  o.order_source,
  o.error_count,
  o.placed_at,
  o.updated_at
from orders as o
left join customers as c using (tenant_id, customer_id);

comment on view vw_orders is 'Orders with what people look for them by.';
comment on column vw_orders.tenant_id is 'The shop.';
comment on column vw_orders.order_id is 'Its key.';
comment on column vw_orders.order_number is 'Its number.';
comment on column vw_orders.status is 'Order and payment in one word.';
comment on column vw_orders.order_status is 'How far it is.';
comment on column vw_orders.payment_status is 'How far its payment is.';
comment on column vw_orders.payment_method is 'How it is paid.';
comment on column vw_orders.currency is 'Of its amounts.';
comment on column vw_orders.total_amount is 'What it costs, minor units.';
comment on column vw_orders.customer_id is 'Key of its customer.';
comment on column vw_orders.customer_code is 'The shop''s own id of its customer.';
comment on column vw_orders.customer_name is 'Who ordered.';
comment on column vw_orders.order_source is 'Where it came from.';
comment on column vw_orders.error_count is 'Failures that are not settled.';
comment on column vw_orders.placed_at is 'When it was placed.';
comment on column vw_orders.updated_at is 'When it changed last.';
