-- What follows once the lines of an order changed: sums, stock, fulfilments, and money that was
-- paid too much goes back. Called by trg_order_changes_apply; the caller holds the order.
create or replace function settle_change(p_tenant uuid, p_order_id bigint, p_key text)
returns void
language plpgsql volatile
as $$
declare
  c_open constant text[] := '{confirmed,processing,picking,packed,partially_shipped}';
  v_total constant bigint := retotal_order(p_tenant, p_order_id);
  v_order orders;
  v_paid bigint;
begin
  select * into v_order
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id;
  if not exists (
    select
    from order_items
    where tenant_id = p_tenant
      and order_id = p_order_id
      and quantity > quantity_cancelled
  ) then
    perform refuse_transition('order', v_order.order_status, v_order.order_status,
      'an order keeps at least one unit: cancel it instead');
  end if;
  perform reserve_stock(p_tenant, array[p_order_id]);
  if v_order.confirmed_at is not null then
    perform commit_stock(p_tenant, array[p_order_id]);
  end if;
  if v_order.order_status = any (c_open) then
    perform create_fulfillments(p_tenant, array[p_order_id]);
    perform advance_order(p_tenant, p_order_id);
  end if;
  select sum(refundable) into v_paid
  from refundable_payments(p_tenant, p_order_id);
  if v_paid > v_total then
    perform request_refund(p_order_id, v_paid - v_total, 'the order was changed', p_key,
      current_actor(), null, p_tenant);
  end if;
end
$$;

comment on function settle_change(uuid, bigint, text) is
  'Sums, stock, fulfilments and refunds after an order''s lines changed.';
