-- Begins a session. $1 tenant, $2 hash, $3 key, $4 for how many seconds at most.
insert into console_sessions (tenant_id, token_hash, key_id, expires_at)
values ($1, $2, $3, clock_now() + make_interval(secs => $4))
