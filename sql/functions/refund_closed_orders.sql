-- Asks that what was paid for these orders, which are closed, is given back. Nothing happens for
-- what was not paid, or is on its way back already. The caller holds the orders.
create or replace function refund_closed_orders(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_order record;
begin
  perform lock_wallets(p_tenant, p_order_ids);
  for v_order in
    select p.order_id, max(o.order_status) as status, sum(p.captured_amount) as captured,
      max(o.cancel_reason) as reason
    from payments as p
    join orders as o using (tenant_id, order_id)
    where p.tenant_id = p_tenant
      and p.order_id = any (p_order_ids)
    group by p.order_id
    having sum(p.captured_amount) > 0
    order by p.order_id
  loop
    perform request_refund(
      v_order.order_id, null,
      left(concat_ws(': ', 'the order is ' || v_order.status, v_order.reason), 500),
      -- Another capture of a closed order is another refund.
      format('closed:%s:%s', v_order.order_id, v_order.captured), current_actor(), null,
      p_tenant);
  end loop;
end
$$;

comment on function refund_closed_orders(uuid, bigint[]) is
  'Asks for what was paid for closed orders to be given back; twice is once.';
