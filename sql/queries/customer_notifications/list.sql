-- $1 tenant, $2 customer's code, $3 only unread, $4 older than, $5 limit. Index:
-- customer_notifications_customer_id_idx.
select list_notifications($2, $3, $4, $5, $1) as page
