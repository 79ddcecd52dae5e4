-- Whether a request with one of these keys was answered: $1 tenant, $2 keys.
-- Index: idempotency_keys_pkey.
select exists (
  select
  from idempotency_keys
  where tenant_id = $1
    and idempotency_key = any ($2)
    and expires_at > clock_now()) as "known!"
