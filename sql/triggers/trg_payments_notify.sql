-- Customers hear that a payment was taken, or that it failed and how to try again. What a wallet
-- paid is part of the order's confirmation.
create or replace function trg_payments_notify()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      case n.status when 'paid' then 'payment_receipt' else 'payment_failed' end as kind,
      array_agg(n.order_id order by n.order_id, n.payment_id) as order_ids,
      array_agg('payment:' || n.payment_id order by n.order_id, n.payment_id) as events,
      array_agg(jsonb_build_object(
        'amount', case n.status when 'paid' then n.captured_amount else n.amount end,
        'provider', n.provider,
        'reason', null) order by n.order_id, n.payment_id) as details
    from new_rows as n
    join old_rows as o using (tenant_id, payment_id)
    where n.status <> o.status
      and n.status in ('paid', 'failed')
      and o.status in ('pending', 'requires_action', 'authorized', 'partially_paid', 'failed',
        'cancelled')
      and n.provider <> 'wallet'
    group by n.tenant_id, n.status
    order by n.tenant_id, n.status
  loop
    perform notify_customers(
      v_group.tenant_id, v_group.kind, v_group.order_ids, v_group.events, v_group.details);
  end loop;
  return null;
end
$$;

comment on function trg_payments_notify() is 'Tells customers what became of their payments.';

create or replace trigger trg_payments_notify
after update on payments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_payments_notify();
