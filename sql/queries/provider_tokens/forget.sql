-- $1 name, $2 the sealed token that the provider refused. Index: provider_tokens_pkey.
update provider_tokens
set sealed = null, expires_at = null
where token_name = $1
  and sealed = $2
