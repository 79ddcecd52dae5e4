-- $1 endpoint, $2 delivery or null, $3 from or null, $4 until or null, $5 statuses, $6 tenant.
-- Locks: the endpoint, its deliveries.
select sp_replay_webhooks($1, $2, $3, $4, $5, $6) as "replayed!"
