-- A page of a customer's entries, newest first: $1 customer code, $2 before this entry or null,
-- $3 how many, $4 tenant. No row: no such customer.
-- Index: customers_customer_code_key, wallet_entries_wallet_idx.
select jsonb_build_object(
  'entries', coalesce(jsonb_agg(jsonb_build_object(
      'wallet_entry_id', e.wallet_entry_id,
      'kind', e.kind,
      'currency', e.currency,
      'amount', e.amount,
      'balance_after', e.balance_after,
      'order_id', e.order_id,
      'refund_id', e.refund_id,
      'reason', e.reason,
      'actor', e.actor,
      'created_at', e.created_at)
    order by e.wallet_entry_id desc) filter (where e.wallet_entry_id is not null), '[]'),
  'next', case when count(e.wallet_entry_id) = $3::bigint
    then min(e.wallet_entry_id) end) as "answer!"
from customers as c
left join lateral (
  select *
  from wallet_entries as w
  where w.tenant_id = c.tenant_id
    and w.customer_id = c.customer_id
    and ($2::bigint is null or w.wallet_entry_id < $2::bigint)
  order by w.wallet_entry_id desc
  limit $3::bigint
) as e on true
where c.tenant_id = $4
  and c.customer_code = $1
group by c.customer_id
