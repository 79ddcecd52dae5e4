-- What customers read inside the shop.
-- For lists that people page through: list_rows() reads it by customer and key.
create or replace view vw_customer_notifications
with (security_invoker = true) as
select
  n.tenant_id,
  n.customer_notification_id as notification_id,
  n.customer_id,
  n.notification_type as type,
  n.order_id,
  n.title,
  n.body,
  n.created_at,
  n.read_at,
  n.read_at is null as is_unread
from customer_notifications as n;

comment on view vw_customer_notifications is 'What customers read inside the shop.';
comment on column vw_customer_notifications.tenant_id is 'The shop.';
comment on column vw_customer_notifications.notification_id is 'Its key; grows with time.';
comment on column vw_customer_notifications.customer_id is 'Key of whom it is for.';
comment on column vw_customer_notifications.type is 'What happened.';
comment on column vw_customer_notifications.order_id is 'The order that it is about.';
comment on column vw_customer_notifications.title is 'One line.';
comment on column vw_customer_notifications.body is 'Plain text.';
comment on column vw_customer_notifications.created_at is 'When it was told.';
comment on column vw_customer_notifications.read_at is 'When it was first read.';
comment on column vw_customer_notifications.is_unread is 'Whether it was not read yet.';
