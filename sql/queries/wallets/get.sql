-- What a customer has: $1 customer code, $2 tenant. No row: no such customer.
-- Index: customers_customer_code_key, wallets_pkey.
select jsonb_build_object(
  'customer_id', c.customer_code,
  'balances', coalesce((
    select jsonb_agg(jsonb_build_object(
        'currency', w.currency, 'balance', w.balance, 'updated_at', w.updated_at)
      order by w.currency)
    from wallets as w
    where w.tenant_id = c.tenant_id
      and w.customer_id = c.customer_id), '[]')) as "answer!"
from customers as c
where c.tenant_id = $2
  and c.customer_code = $1
