-- A new endpoint and its secret. $1 tenant, $2 url, $3 description, $4 kinds or null, $5 ordering,
-- $6 lanes. Locks: webhook_feed.
insert into webhook_endpoints (tenant_id, url, description, kinds, ordering, lanes, secret)
values ($1, $2, $3, $4, $5, $6, new_webhook_secret())
returning endpoint_id, secret
