-- The shop's fraud rules and from which score on orders are held: $1 tenant.
-- Index: fraud_rules_pkey.
select jsonb_build_object(
  'hold_score', risk_hold_score($1),
  'rules', coalesce(jsonb_agg(to_jsonb(r) - 'tenant_id' order by r.rule_code), '[]')) as "answer!"
from fraud_rules as r
where r.tenant_id = $1
