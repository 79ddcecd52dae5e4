-- One routing rule, locked until the transaction ends. $1 rule, $2 tenant.
-- Index: routing_rules_pkey.
select to_jsonb(r) - 'tenant_id' as "rule!"
from routing_rules as r
where r.tenant_id = $2
  and r.routing_rule_id = $1
for update
