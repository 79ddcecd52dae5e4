-- Sessions whose time is over, at most $1. Index: console_sessions_expires_at_idx.
with expired as (
  select tenant_id, session_id
  from console_sessions
  where expires_at <= clock_now()
  order by expires_at
  limit $1
  for update skip locked
)
delete from console_sessions as s
using expired
where s.tenant_id = expired.tenant_id
  and s.session_id = expired.session_id
