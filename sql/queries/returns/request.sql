-- $1 order, $2 items, $3 kind, $4 notes or null, $5 actor, $6 idempotency key or null, $7 tenant.
-- Locks: orders.
select sp_request_return($1, $2, $3, $4, $5, $6, $7) as "return_id!"
