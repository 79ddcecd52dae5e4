-- As get.sql, held until the transaction ends: $1 code, $2 tenant. Index: promotions_code_key.
select to_jsonb(p) - '{tenant_id,promotion_id}'::text[] as "answer!"
from promotions as p
where p.tenant_id = $2
  and p.code = upper($1)
for no key update
