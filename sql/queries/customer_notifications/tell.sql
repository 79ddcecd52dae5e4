-- What a customer reads inside the shop; told again it is the same row. $1 tenant, $2 customer,
-- $3 order, $4 notice, $5 kind, $6 title, $7 text.
insert into customer_notifications (
  tenant_id, customer_id, order_id, notification_id, notification_type, title, body)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, notification_id) do update set notification_id = excluded.notification_id
returning customer_notification_id
