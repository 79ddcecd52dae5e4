-- $1 tenant, $2 key id. Twice is once: a revoked key keeps its first time.
update api_keys
set revoked_at = coalesce(revoked_at, clock_now())
where tenant_id = $1
    and key_id = $2
