-- Locks the wallets of these orders' customers, in the one order that everybody locks them in.
create or replace function lock_wallets(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  perform
  from wallets
  where tenant_id = p_tenant
    and (customer_id, currency) in (
      select customer_id, currency
      from orders
      where tenant_id = p_tenant
        and order_id = any (p_order_ids))
  order by customer_id, currency
  for no key update;
end
$$;

comment on function lock_wallets(uuid, bigint[]) is
  'Locks the wallets of orders'' customers in their total order (customer, currency).';
