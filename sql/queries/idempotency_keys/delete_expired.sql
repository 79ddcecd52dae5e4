-- Keys whose time is over, at most $1. Index: idempotency_keys_expires_at_idx.
with expired as (
  select tenant_id, idempotency_key
  from idempotency_keys
  where expires_at <= clock_now()
  order by expires_at
  limit $1
  for update skip locked
)
delete from idempotency_keys as k
using expired
where k.tenant_id = expired.tenant_id
  and k.idempotency_key = expired.idempotency_key
