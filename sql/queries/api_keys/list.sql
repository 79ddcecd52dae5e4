-- All keys of a shop, oldest first. $1 tenant. Index: api_keys_pkey.
select
    key_id,
    name,
    scopes,
    signs,
    created_at,
    expires_at,
    revoked_at
from api_keys
where tenant_id = $1
order by created_at, key_id
