-- What was taken from a wallet has paid, and what was given back is refunded: entries are what a
-- wallet's payment_events come from. An entry that is not of its payment's amount, currency and
-- customer is refused.
create or replace function trg_wallet_entries_settle()
returns trigger
language plpgsql
as $$
declare
  v_wrong bigint;
begin
  if not exists (select from new_rows where kind in ('payment', 'refund')) then
    return null;
  end if;
  select e.wallet_entry_id into v_wrong
  from new_rows as e
  left join refunds as r
    on r.tenant_id = e.tenant_id and r.refund_id = e.refund_id
  left join payments as p
    on p.tenant_id = e.tenant_id and p.payment_id = coalesce(e.payment_id, r.payment_id)
  left join orders as o
    on o.tenant_id = p.tenant_id and o.order_id = p.order_id
  where e.kind in ('payment', 'refund')
    and (p.provider, p.currency, o.customer_id, o.order_id, -coalesce(r.amount, -p.amount))
      is distinct from ('wallet', e.currency, e.customer_id, e.order_id, -e.amount)
  limit 1;
  if found then
    raise exception 'entry % is not of its payment''s amount, currency, order or customer', v_wrong
      using errcode = '23514', constraint = 'wallet_entries_payment_check',
        table = 'wallet_entries';
  end if;
  insert into payment_events (
    tenant_id, payment_id, provider, provider_event_id, event_type, amount, effect_key, refund_id)
  select
    e.tenant_id,
    coalesce(e.payment_id, r.payment_id),
    'wallet',
    'entry:' || e.wallet_entry_id,
    case e.kind when 'payment' then 'captured' else 'refunded' end,
    abs(e.amount),
    'entry:' || e.wallet_entry_id,
    e.refund_id
  from new_rows as e
  left join refunds as r
    on r.tenant_id = e.tenant_id and r.refund_id = e.refund_id
  where e.kind in ('payment', 'refund')
  order by e.wallet_entry_id;
  return null;
end
$$;

comment on function trg_wallet_entries_settle() is
  'Makes the payment_events of wallet payments and refunds.';

create or replace trigger trg_wallet_entries_settle
after insert on wallet_entries
referencing new table as new_rows
for each statement execute function trg_wallet_entries_settle();
