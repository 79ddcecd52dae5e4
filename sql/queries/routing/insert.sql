-- A new routing rule: $1 its columns, $2 tenant.
insert into routing_rules (
  tenant_id, priority, product_kind, countries, weight_min_g, weight_max_g, value_min, value_max,
  currency, provider_code, service, account, is_enabled, note)
select $2, n.priority, n.product_kind, n.countries, n.weight_min_g, n.weight_max_g, n.value_min,
  n.value_max, n.currency, n.provider_code, n.service, n.account, n.is_enabled, n.note
from jsonb_populate_record(null::routing_rules, $1::jsonb) as n
returning to_jsonb(routing_rules) - 'tenant_id' as "rule!"
