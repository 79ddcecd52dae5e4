-- $1 tenant, $2 key id, $3 name, $4 hash of the secret, $5 scopes, $6 expiry or null, $7 whether it
-- signs.
insert into api_keys (tenant_id, key_id, name, secret_hash, scopes, expires_at, signs)
values ($1, $2, $3, $4, $5, $6, $7)
