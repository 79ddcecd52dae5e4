-- Pays these new orders from their customers' wallets, those that are to be paid so: all of each,
-- or P0WAL (a guest has no wallet). Set-based, in the transaction of placing: an order that is
-- refused for whatever reason costs nobody anything. Orders that are free of charge are paid by
-- nothing. An order paid twice by this is paid once.
-- Locks: wallets (total order). The caller holds the orders, and no levels yet.
create or replace function pay_from_wallet(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_due bigint[];
  v_guest record;
  v_payments bigint[];
begin
  update orders
  set payment_status = 'paid'
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and total_amount = 0
    and order_status = 'pending'
    and payment_status = 'pending'
    and payment_method not in ('cod', 'account');

  select array_agg(order_id order by customer_id, order_id) into v_due
  from orders
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and payment_method = 'wallet'
    and order_status = 'pending'
    and payment_status = 'pending'
    and total_amount > 0;
  if v_due is null then
    return;
  end if;
  select currency, total_amount into v_guest
  from orders
  where tenant_id = p_tenant
    and order_id = any (v_due)
    and customer_id is null
  limit 1;
  if found then
    perform refuse_wallet(v_guest.currency, v_guest.total_amount, 0);
  end if;

  perform lock_wallets(p_tenant, v_due);
  with opened as (
    insert into payments (tenant_id, order_id, provider, currency, amount)
    select tenant_id, order_id, 'wallet', currency, total_amount
    from orders
    where tenant_id = p_tenant
      and order_id = any (v_due)
    order by order_id
    returning payment_id
  )
  select array_agg(payment_id) into v_payments
  from opened;
  insert into wallet_entries (
    tenant_id, customer_id, currency, kind, amount, order_id, payment_id, actor)
  select o.tenant_id, o.customer_id, o.currency, 'payment', -p.amount, o.order_id, p.payment_id,
    current_actor()
  from payments as p
  join orders as o using (tenant_id, order_id)
  where p.tenant_id = p_tenant
    and p.payment_id = any (v_payments)
  order by o.customer_id, o.currency, o.order_id;
end
$$;

comment on function pay_from_wallet(uuid, bigint[]) is
  'Pays new orders from their customers'' wallets, all or nothing; P0WAL.';
