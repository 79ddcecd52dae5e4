-- A page of promotions by code: $1 after this code or null, $2 how many, $3 tenant.
-- Index: promotions_code_key.
select jsonb_build_object(
  'promotions', coalesce(jsonb_agg(to_jsonb(p) - '{tenant_id,promotion_id}'::text[]
    order by p.code), '[]'),
  'next', case when count(*) = $2::bigint then max(p.code) end) as "answer!"
from (
  select *
  from promotions
  where tenant_id = $3
    and code > coalesce($1::text, '')
  order by code
  limit $2::bigint
) as p
