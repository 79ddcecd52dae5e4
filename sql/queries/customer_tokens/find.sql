-- What a token of this hash shows. $1 hash. Index: customer_tokens_token_hash_key.
select tenant_id, order_id, customer_id
from customer_tokens
where token_hash = $1
  and expires_at > clock_now()
  and revoked_at is null
