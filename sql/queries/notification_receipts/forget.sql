-- $1 age in seconds, $2 limit. Index: notification_receipts_received_idx,
-- customer_notifications_created_idx.
select sp_forget_notifications($1, $2) as "forgotten!"
