-- $1 events at most. Locks: webhook_feed, endpoints.
select feed_webhooks($1) as "read!"
