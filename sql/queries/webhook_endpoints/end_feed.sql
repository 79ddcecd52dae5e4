-- Locks: webhook_feed.
select end_webhook_feed() as "is_over!"
