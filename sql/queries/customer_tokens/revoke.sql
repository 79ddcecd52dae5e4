-- Makes a token useless. $1 tenant, $2 token. Index: customer_tokens_pkey.
update customer_tokens
set revoked_at = coalesce(revoked_at, clock_now())
where tenant_id = $1
  and token_id = $2
