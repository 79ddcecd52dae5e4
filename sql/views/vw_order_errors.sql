-- Failures of orders.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_order_errors
with (security_invoker = true) as
select
  e.tenant_id,
  e.order_error_id,
  e.order_id,
  e.fulfillment_id,
  e.category,
  e.severity,
  e.stage,
  e.code,
  e.message,
  e.context,
  e.ticket_ref,
  e.is_resolved,
  e.resolved_at,
  e.resolved_by,
  e.resolution,
  e.created_at
from order_errors as e;

comment on view vw_order_errors is 'Failures of orders.';
comment on column vw_order_errors.tenant_id is 'The shop.';
comment on column vw_order_errors.order_error_id is 'Its key.';
comment on column vw_order_errors.order_id is 'The order.';
comment on column vw_order_errors.fulfillment_id is 'The fulfilment that failed, if it was one.';
comment on column vw_order_errors.category is 'delivery, payment, stock, database, api or unknown.';
comment on column vw_order_errors.severity is 'critical, high, medium or low.';
comment on column vw_order_errors.stage is 'Where it happened.';
comment on column vw_order_errors.code is 'Stable code of the cause.';
comment on column vw_order_errors.message is 'The cause in words.';
comment on column vw_order_errors.context is 'Facts for whoever looks into it.';
comment on column vw_order_errors.ticket_ref is 'The ticket that somebody opened for it.';
comment on column vw_order_errors.is_resolved is 'Whether it is settled.';
comment on column vw_order_errors.resolved_at is 'When it was settled.';
comment on column vw_order_errors.resolved_by is 'Who settled it.';
comment on column vw_order_errors.resolution is 'How it was settled.';
comment on column vw_order_errors.created_at is 'When it happened.';
