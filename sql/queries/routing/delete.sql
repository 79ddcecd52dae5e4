-- A routing rule goes: $1 rule, $2 tenant. Index: routing_rules_pkey.
delete from routing_rules
where tenant_id = $2
  and routing_rule_id = $1
