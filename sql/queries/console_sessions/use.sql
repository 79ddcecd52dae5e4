-- The session of this hash, if it is not over and its key may still do everything. $1 hash, $2
-- seconds after which an unused one is over. That it was used is noted once a minute at most.
-- Indexes: console_sessions_token_hash_key, api_keys_pkey, console_sessions_pkey.
with session as (
  select
    s.tenant_id,
    s.session_id,
    s.key_id,
    s.seen_at,
    k.name
  from console_sessions as s
  join api_keys as k
    on k.tenant_id = s.tenant_id
    and k.key_id = s.key_id
  where s.token_hash = $1
    and s.expires_at > clock_now()
    and s.seen_at > clock_now() - make_interval(secs => $2)
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > clock_now())
    and 'admin' = any (k.scopes)
),
noted as (
  update console_sessions as s
  set seen_at = clock_now()
  from session
  where s.tenant_id = session.tenant_id
    and s.session_id = session.session_id
    and session.seen_at < clock_now() - interval '1 minute'
)
select tenant_id, key_id, name
from session
