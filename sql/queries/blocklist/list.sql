-- The blocklist of a shop, by kind and value: $1 how many at most, $2 tenant.
-- Index: blocklist_pkey.
select coalesce(jsonb_agg(to_jsonb(b) - 'tenant_id' order by b.kind, b.value), '[]') as "answer!"
from (
  select *
  from blocklist
  where tenant_id = $2
  order by kind, value
  limit $1::bigint
) as b
