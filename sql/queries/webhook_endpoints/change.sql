-- $1 endpoint, $2 url, $3 description, $4 kinds, $5 ordering, $6 lanes, $7 state (each may be
-- null), $8 tenant. Locks: the endpoint, its deliveries.
select sp_change_webhook_endpoint($1, $2, $3, $4, $5, $6, $7, null, $8)
