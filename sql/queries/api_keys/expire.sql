-- A key in use ends soon: $1 tenant, $2 key, $3 in so many seconds, or when it would have ended.
-- Answers what it was. Index: api_keys_pkey.
with ending as (
  select tenant_id, key_id, name, scopes, expires_at, signs
  from api_keys
  where tenant_id = $1
    and key_id = $2
    and revoked_at is null
    and (expires_at is null or expires_at > clock_now())
  for update
)
update api_keys as k
set expires_at = least(ending.expires_at, clock_now() + make_interval(secs => $3))
from ending
where k.tenant_id = ending.tenant_id
  and k.key_id = ending.key_id
returning ending.name, ending.scopes, ending.expires_at, ending.signs
