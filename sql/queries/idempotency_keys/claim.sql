-- Claims a key for a request, to the end of the transaction; answers what was answered before, or
-- null to whoever may answer now. $1 tenant, $2 key, $3 endpoint, $4 hash of the request.
-- Locks: an advisory one on the key. Index: idempotency_keys_pkey.
select claim_idempotency_key($1, $2, $3, $4) as answer
