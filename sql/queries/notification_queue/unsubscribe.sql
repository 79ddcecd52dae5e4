-- $1 token. Index: notification_queue_unsubscribe_token_key.
select unsubscribe($1) as "is_known!"
