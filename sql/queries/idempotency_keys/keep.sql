-- Keeps the answer to a request with the key that it claimed. $1 tenant, $2 key, $3 endpoint,
-- $4 hash of the request, $5 answer.
insert into idempotency_keys (tenant_id, idempotency_key, endpoint, request_hash, response)
values ($1, $2, $3, $4, $5)
