-- The shop's routing rules in the order in which they are tried. $1 tenant.
-- Index: routing_rules_pkey.
select coalesce(
  jsonb_agg(to_jsonb(r) - 'tenant_id' order by r.priority, r.routing_rule_id), '[]') as "rules!"
from routing_rules as r
where r.tenant_id = $1
