-- Tokens whose time is over, at most $1. Index: customer_tokens_expires_at_idx.
with expired as (
  select tenant_id, token_id
  from customer_tokens
  where expires_at <= clock_now()
  order by expires_at
  limit $1
  for update skip locked
)
delete from customer_tokens as t
using expired
where t.tenant_id = expired.tenant_id
  and t.token_id = expired.token_id
