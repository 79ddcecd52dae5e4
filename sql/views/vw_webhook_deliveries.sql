-- Deliveries to the shop's own apps.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_webhook_deliveries
with (security_invoker = true) as
select
  d.tenant_id,
  d.delivery_id,
  d.endpoint_id,
  d.event_id,
  d.kind,
  d.order_id,
  d.status,
  d.attempts,
  d.last_status,
  case when d.status = 'pending' then d.next_attempt_at end as next_attempt_at,
  d.created_at,
  d.ended_at
from webhook_deliveries as d;

comment on view vw_webhook_deliveries is 'Deliveries to the shop''s own apps.';
comment on column vw_webhook_deliveries.tenant_id is 'The shop.';
comment on column vw_webhook_deliveries.delivery_id is 'Its key.';
comment on column vw_webhook_deliveries.endpoint_id is 'Where to.';
comment on column vw_webhook_deliveries.event_id is 'The event.';
comment on column vw_webhook_deliveries.kind is 'The event''s kind.';
comment on column vw_webhook_deliveries.order_id is 'The event''s order.';
comment on column vw_webhook_deliveries.status is 'pending, held, delivered or failed.';
comment on column vw_webhook_deliveries.attempts is 'Attempts since it was made or replayed.';
comment on column vw_webhook_deliveries.last_status is 'HTTP status of the last answer.';
comment on column vw_webhook_deliveries.next_attempt_at is 'When it is sent next.';
comment on column vw_webhook_deliveries.created_at is 'When it was made.';
comment on column vw_webhook_deliveries.ended_at is 'When it was delivered or failed.';
