-- How much a customer has not read: $1 tenant, $2 customer.
-- Index: customer_notifications_unread_idx.
select count(*) as "unread!"
from customer_notifications
where tenant_id = $1
  and customer_id = $2
  and read_at is null
