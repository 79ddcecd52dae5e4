-- $1 provider, $2 message, $3 status, $4 error code, $5 when. Locks: the message, its notice.
-- Index: notification_queue_message_idx.
select record_notification_status($1, $2, $3, $4, $5) as "is_ours!"
