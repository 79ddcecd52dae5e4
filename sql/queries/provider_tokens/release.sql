-- $1 name: the renewal failed, the next who asks may try. Index: provider_tokens_pkey.
update provider_tokens
set renewing_until = null
where token_name = $1
