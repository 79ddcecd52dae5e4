-- The answer kept with a key. $1 tenant, $2 key, $3 endpoint, $4 hash of the request.
-- Index: idempotency_keys_pkey.
select response
from idempotency_keys
where tenant_id = $1
  and idempotency_key = $2
  and endpoint = $3
  and request_hash = $4
  and expires_at > clock_now()
