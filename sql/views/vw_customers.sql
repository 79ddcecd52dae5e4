-- Customers with what they ordered.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_customers
with (security_invoker = true) as
select
  c.tenant_id,
  c.customer_code as customer_id,
  c.customer_id as customer_key,
  c.name,
  c.email,
  c.phone,
  c.locale,
  t.orders,
  t.delivered as orders_delivered,
  t.last_order_at,
  c.created_at,
  c.updated_at
from customers as c
cross join lateral (
  select
    count(*) as orders,
    count(*) filter (where o.order_status in ('delivered', 'completed')) as delivered,
    max(o.placed_at) as last_order_at
  from orders as o
  where o.tenant_id = c.tenant_id
    and o.customer_id = c.customer_id
) as t;

comment on view vw_customers is 'Customers with what they ordered.';
comment on column vw_customers.tenant_id is 'The shop.';
comment on column vw_customers.customer_id is 'The shop''s own name for the customer.';
comment on column vw_customers.customer_key is 'Our key of the customer.';
comment on column vw_customers.name is 'Their name.';
comment on column vw_customers.email is 'Their mail address.';
comment on column vw_customers.phone is 'Their phone number.';
comment on column vw_customers.locale is 'Their language.';
comment on column vw_customers.orders is 'How many orders they placed.';
comment on column vw_customers.orders_delivered is 'How many of them arrived.';
comment on column vw_customers.last_order_at is 'When the last one was placed.';
comment on column vw_customers.created_at is 'Since when they are known.';
comment on column vw_customers.updated_at is 'When something of them changed last.';
