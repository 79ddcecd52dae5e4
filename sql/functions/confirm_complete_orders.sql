-- Confirms orders that wait for nothing else: paid, or to be paid later when they were let go on
-- after a hold, with all their lines. Called where an order is placed or let go on, not where money
-- comes late: what can not be kept is an error here (P0EXP). The fraud rules may hold some.
create or replace function confirm_complete_orders(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_due bigint[];
begin
  select array_agg(o.order_id order by o.order_id) into v_due
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = any (p_order_ids)
    and o.order_status = 'pending'
    and o.subtotal = (
      select sum(oi.total_price)
      from order_items as oi
      where oi.tenant_id = o.tenant_id
        and oi.order_id = o.order_id);
  if v_due is not null then
    v_due := screen_orders(p_tenant, v_due);
  end if;
  update orders
  set order_status = 'confirmed'
  where tenant_id = p_tenant
    and order_id = any (v_due);
end
$$;

comment on function confirm_complete_orders(uuid, bigint[]) is
  'Confirms orders that are paid, or need not be yet, and whose lines are all there.';
