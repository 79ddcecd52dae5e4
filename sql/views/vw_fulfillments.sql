-- Fulfilments with what people look for them by.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_fulfillments
with (security_invoker = true) as
select
  f.tenant_id,
  f.fulfillment_id,
  f.order_id,
  o.order_number,
  o.customer_name,
  o.customer_phone,
  f.provider_code,
  l.code as location_code,
  f.status,
  f.status_since,
  f.provider_order_id,
  f.attempt as attempts,
  f.failures,
  f.awaits_stock,
  f.last_error_code,
  f.last_error_message,
  f.created_at,
  f.submitted_at,
  f.shipped_at,
  f.delivered_at,
  f.updated_at
from fulfillments as f
join orders as o using (tenant_id, order_id)
left join locations as l using (tenant_id, location_id);

comment on view vw_fulfillments is 'Fulfilments with what people look for them by.';
comment on column vw_fulfillments.tenant_id is 'The shop.';
comment on column vw_fulfillments.fulfillment_id is 'Its key.';
comment on column vw_fulfillments.order_id is 'Its order.';
comment on column vw_fulfillments.order_number is 'The number of its order.';
comment on column vw_fulfillments.customer_name is 'Who ordered.';
comment on column vw_fulfillments.customer_phone is 'Their phone number.';
comment on column vw_fulfillments.provider_code is 'Who carries it out.';
comment on column vw_fulfillments.location_code is 'Where its goods leave from, if that is known.';
comment on column vw_fulfillments.status is 'Its state.';
comment on column vw_fulfillments.status_since is 'Since when.';
comment on column vw_fulfillments.provider_order_id is 'What the provider calls it.';
comment on column vw_fulfillments.attempts is 'How often a worker began it.';
comment on column vw_fulfillments.failures is 'How often the provider had it wait.';
comment on column vw_fulfillments.awaits_stock is 'Whether it waits for goods.';
comment on column vw_fulfillments.last_error_code is 'Why the last attempt failed, as a word.';
comment on column vw_fulfillments.last_error_message is 'The same as a sentence.';
comment on column vw_fulfillments.created_at is 'When it was made.';
comment on column vw_fulfillments.submitted_at is 'When the provider was asked.';
comment on column vw_fulfillments.shipped_at is 'When it left.';
comment on column vw_fulfillments.delivered_at is 'When it arrived.';
comment on column vw_fulfillments.updated_at is 'When it changed last.';
