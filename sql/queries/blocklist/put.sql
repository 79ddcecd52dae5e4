-- Puts somebody on the blocklist, or says anew why: $1 kind, $2 value, $3 reason, $4 until when or
-- null, $5 actor, $6 tenant. Index: blocklist_pkey.
insert into blocklist (tenant_id, kind, value, reason, expires_at, created_by)
values ($6, $1, lower($2), $3, $4, $5)
on conflict (tenant_id, kind, value) do update
set reason = excluded.reason, expires_at = excluded.expires_at, created_by = excluded.created_by
returning to_jsonb(blocklist) - 'tenant_id' as "answer!"
