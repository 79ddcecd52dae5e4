-- Promotions by their codes.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_promotions
with (security_invoker = true) as
select
  p.tenant_id,
  p.code,
  p.description,
  p.kind,
  p.value,
  p.currency,
  p.min_subtotal,
  p.max_discount,
  p.starts_at,
  p.ends_at,
  p.max_redemptions,
  p.max_per_customer,
  p.redeemed,
  p.is_active,
  p.created_at,
  p.updated_at
from promotions as p;

comment on view vw_promotions is 'Promotions by their codes.';
comment on column vw_promotions.tenant_id is 'The shop.';
comment on column vw_promotions.code is 'What the buyer types.';
comment on column vw_promotions.description is 'What it is for, for people.';
comment on column vw_promotions.kind is 'percent, fixed or free_shipping.';
comment on column vw_promotions.value is 'How much, by its kind.';
comment on column vw_promotions.currency is 'Of its amounts.';
comment on column vw_promotions.min_subtotal is 'Orders below it do not get it.';
comment on column vw_promotions.max_discount is 'It takes no more off than this.';
comment on column vw_promotions.starts_at is 'From when on.';
comment on column vw_promotions.ends_at is 'Until when.';
comment on column vw_promotions.max_redemptions is 'By how many orders in all.';
comment on column vw_promotions.max_per_customer is 'By how many orders of one customer.';
comment on column vw_promotions.redeemed is 'By how many orders it is used.';
comment on column vw_promotions.is_active is 'Whether it can be used.';
comment on column vw_promotions.created_at is 'When it was made.';
comment on column vw_promotions.updated_at is 'When it changed last.';
