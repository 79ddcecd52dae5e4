-- What a code takes off an order like this: $1 code, $2 currency, $3 subtotal, $4 shipping fee,
-- $5 customer code, $6 mail address, $7 phone (or nulls), $8 tenant.
-- Index: promotions_code_key, customers_customer_code_key, promo_redemptions_customer_idx.
select jsonb_build_object(
  'code', upper($1),
  'applies', o.problem is null,
  'discount_amount', o.discount_amount,
  'reason', o.problem,
  'message', o.message) as "answer!"
from promo_offer($1, $2, $3, $4, promo_customer_key((
  select c.customer_id
  from customers as c
  where c.tenant_id = $8
    and c.customer_code = $5), $6, $7), $8) as o
