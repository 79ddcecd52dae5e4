-- The key that a token names, if it may be used now. $1 key id. Index: api_keys_key_id_key.
select
    tenant_id,
    key_id,
    name,
    secret_hash,
    scopes,
    signs
from api_keys
where key_id = $1
    and revoked_at is null
    and (expires_at is null or expires_at > clock_now())
