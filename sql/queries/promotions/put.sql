-- Makes a promotion or changes it: $1 code, $2 its columns, $3 tenant. How often it was used stays.
-- Index: promotions_code_key.
insert into promotions (
  tenant_id, code, description, kind, value, currency, min_subtotal, max_discount, starts_at,
  ends_at, max_redemptions, max_per_customer, is_active)
select
  $3, upper($1), n.description, n.kind, n.value, n.currency, n.min_subtotal, n.max_discount,
  n.starts_at, n.ends_at, n.max_redemptions, n.max_per_customer, n.is_active
from jsonb_populate_record(null::promotions, $2::jsonb) as n
on conflict (tenant_id, code) do update
set
  description = excluded.description,
  kind = excluded.kind,
  value = excluded.value,
  currency = excluded.currency,
  min_subtotal = excluded.min_subtotal,
  max_discount = excluded.max_discount,
  starts_at = excluded.starts_at,
  ends_at = excluded.ends_at,
  max_redemptions = excluded.max_redemptions,
  max_per_customer = excluded.max_per_customer,
  is_active = excluded.is_active
returning to_jsonb(promotions) - '{tenant_id,promotion_id}'::text[] as "answer!"
