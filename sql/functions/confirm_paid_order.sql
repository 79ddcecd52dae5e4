-- Confirms an order whose money has come, unless a person should see it first. If its stock was
-- given back meanwhile it is promised again; if it is gone, the order is cancelled, which gives the
-- money back: nobody pays for what the shop does not have. The caller holds the order.
create or replace function confirm_paid_order(p_tenant uuid, p_order_id bigint)
returns void
language plpgsql volatile
as $$
declare
  v_order record;
begin
  select order_status, expires_at <= clock_now() as is_late into v_order
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id;
  if v_order.order_status = 'payment_failed' then
    update orders
    set order_status = 'pending'
    where tenant_id = p_tenant
      and order_id = p_order_id;
  elsif v_order.is_late then
    update orders
    set expires_at = clock_now() + reservation_ttl(p_tenant)
    where tenant_id = p_tenant
      and order_id = p_order_id;
    perform renew_stock(p_tenant, array[p_order_id]);
  end if;
  if screen_orders(p_tenant, array[p_order_id]) is null then
    return;
  end if;
  update orders
  set order_status = 'confirmed'
  where tenant_id = p_tenant
    and order_id = p_order_id;
exception
  when sqlstate 'P0INV' or sqlstate 'P0EXP' or sqlstate 'P0PRM' then
    update orders
    set
      order_status = 'cancelled',
      cancelled_by = 'system',
      cancel_reason = 'paid after its time, when it could not be kept any more: ' || sqlerrm
    where tenant_id = p_tenant
      and order_id = p_order_id;
end
$$;

comment on function confirm_paid_order(uuid, bigint) is
  'Confirms an order whose money has come, or cancels it if its stock is gone.';
