-- A routing rule as it shall be: $1 rule, $2 its columns, $3 tenant. Locks: the rule.
-- Index: routing_rules_pkey.
update routing_rules as r
set
  priority = n.priority,
  product_kind = n.product_kind,
  countries = n.countries,
  weight_min_g = n.weight_min_g,
  weight_max_g = n.weight_max_g,
  value_min = n.value_min,
  value_max = n.value_max,
  currency = n.currency,
  provider_code = n.provider_code,
  service = n.service,
  account = n.account,
  is_enabled = n.is_enabled,
  note = n.note,
  updated_at = clock_now()
from jsonb_populate_record(null::routing_rules, $2::jsonb) as n
where r.tenant_id = $3
  and r.routing_rule_id = $1
returning to_jsonb(r) - 'tenant_id' as "rule!"
