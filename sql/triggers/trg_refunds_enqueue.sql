-- A new refund of a payment that an outside provider took is a new refund_payment job, in the same
-- transaction; until a worker knows that kind, the jobs wait. What was paid from a wallet is back
-- in it at once. Anything else is given back by hand.
create or replace function trg_refunds_enqueue()
returns trigger
language plpgsql
as $$
declare
  v_jobs jsonb;
begin
  if not exists (select from new_rows where status = 'pending') then
    return null;
  end if;
  select jsonb_agg(jsonb_build_object(
      'kind', 'refund_payment',
      'queue', 'payments',
      'unique_key', 'refund_payment:' || r.refund_id,
      'group_key', 'payment:' || r.payment_id,
      'args', jsonb_build_object(
        'tenant_id', r.tenant_id,
        'order_id', r.order_id,
        'refund_id', r.refund_id))
      order by r.refund_id)
  into v_jobs
  from new_rows as r
  join payments as p using (tenant_id, payment_id)
  where r.status = 'pending'
    and is_payment_gateway(p.provider);
  if v_jobs is not null then
    perform from queue.enqueue_many(v_jobs);
  end if;
  insert into wallet_entries (
    tenant_id, customer_id, currency, kind, amount, order_id, refund_id, reason, actor)
  select r.tenant_id, e.customer_id, r.currency, 'refund', r.amount, r.order_id, r.refund_id,
    r.reason, r.requested_by
  from new_rows as r
  join payments as p using (tenant_id, payment_id)
  join wallet_entries as e using (tenant_id, payment_id)
  where r.status = 'pending'
    and p.provider = 'wallet'
  order by e.customer_id, r.currency, r.refund_id;
  return null;
end
$$;

comment on function trg_refunds_enqueue() is
  'Enqueues the jobs of refunds by outside providers, and gives wallets their money back.';

create or replace trigger trg_refunds_enqueue
after insert on refunds
referencing new table as new_rows
for each statement execute function trg_refunds_enqueue();
