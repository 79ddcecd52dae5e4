-- Confirms orders that are paid and whose lines are all there. Called where an order is placed or
-- let go on, not where money comes late: what can not be kept is an error here (P0EXP).
create or replace function confirm_complete_orders(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  update orders as o
  set order_status = 'confirmed'
  where o.tenant_id = p_tenant
    and o.order_id = any (p_order_ids)
    and o.order_status = 'pending'
    and o.payment_status = 'paid'
    and o.subtotal = (
      select sum(oi.total_price)
      from order_items as oi
      where oi.tenant_id = o.tenant_id
        and oi.order_id = o.order_id);
end
$$;

comment on function confirm_complete_orders(uuid, bigint[]) is
  'Confirms orders that are paid and whose lines are all there.';
