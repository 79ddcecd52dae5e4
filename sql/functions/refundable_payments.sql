-- The payments of an order and how much of each can still be given back: captured, less what was
-- given back or is asked for. Locks them.
create or replace function refundable_payments(p_tenant uuid, p_order_id bigint)
returns table (
  payment_id bigint,
  provider text,
  currency char(3),
  refundable bigint
)
language plpgsql volatile
as $$
#variable_conflict use_column
begin
  perform
  from payments as p
  where p.tenant_id = p_tenant
    and p.order_id = p_order_id
  order by p.payment_id
  for no key update;
  return query
  select p.payment_id, p.provider, p.currency, greatest(0, p.captured_amount - p.refunded_amount
    - coalesce((
      select sum(r.amount)
      from refunds as r
      where r.tenant_id = p_tenant
        and r.payment_id = p.payment_id
        and r.status = 'pending'), 0)::bigint)
  from payments as p
  where p.tenant_id = p_tenant
    and p.order_id = p_order_id
    -- In a dispute the provider holds the money: it can't be given back a second time.
    and p.status <> 'disputed'
  order by p.payment_id;
end
$$;

comment on function refundable_payments(uuid, bigint) is
  'How much of each payment of an order can still be given back; locks the payments.';
