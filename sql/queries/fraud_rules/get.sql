-- A fraud rule: $1 code, $2 tenant. Index: fraud_rules_pkey.
select to_jsonb(r) - 'tenant_id' as "answer!"
from fraud_rules as r
where r.tenant_id = $2
  and r.rule_code = $1
