-- A notice in a customer's inbox is an event of the shop: pages that show the inbox look again.
create or replace function trg_customer_notifications_events()
returns trigger
language plpgsql
as $$
begin
  insert into shop_events (tenant_id, kind, order_id, customer_id, subject_id, data)
  select n.tenant_id, 'notification.created', n.order_id, n.customer_id,
    n.customer_notification_id, jsonb_build_object('type', n.notification_type)
  from new_rows as n
  order by n.customer_notification_id;
  return null;
end
$$;

comment on function trg_customer_notifications_events() is
  'Writes the events of customers'' inboxes to shop_events.';

create or replace trigger trg_customer_notifications_events
after insert on customer_notifications
referencing new table as new_rows
for each statement execute function trg_customer_notifications_events();
