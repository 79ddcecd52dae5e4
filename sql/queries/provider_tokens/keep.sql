-- $1 name, $2 the sealed token, $3 seconds until it is to be renewed. Index: provider_tokens_pkey.
update provider_tokens
set
  sealed = $2,
  expires_at = clock_now() + $3::double precision * interval '1 second',
  renewed_at = clock_now(),
  renewing_until = null
where token_name = $1
