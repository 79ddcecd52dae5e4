-- Why somebody is blocked: $1 kind, $2 value, $3 tenant. Index: blocklist_pkey.
select to_jsonb(b) - 'tenant_id' as "answer!"
from blocklist as b
where b.tenant_id = $3
  and b.kind = $1
  and b.value = lower($2)
