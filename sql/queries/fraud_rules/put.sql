-- Makes a fraud rule or changes it: $1 code, $2 its columns, $3 tenant. Index: fraud_rules_pkey.
insert into fraud_rules (tenant_id, rule_code, kind, params, score, is_enabled, comment)
select $3, $1, n.kind, n.params, n.score, n.is_enabled, n.comment
from jsonb_populate_record(null::fraud_rules, $2::jsonb) as n
on conflict (tenant_id, rule_code) do update
set
  kind = excluded.kind,
  params = excluded.params,
  score = excluded.score,
  is_enabled = excluded.is_enabled,
  comment = excluded.comment,
  updated_at = clock_now()
returning to_jsonb(fraud_rules) - 'tenant_id' as "answer!"
