-- $1 name. Index: provider_tokens_pkey.
select
  sealed,
  lasts_ms,
  is_mine as "is_mine!"
from claim_provider_token($1)
