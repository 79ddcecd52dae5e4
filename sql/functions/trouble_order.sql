-- Records what went wrong with an order, holds it for a person where its state allows that, and
-- tells the customer once per hold that it takes longer. The caller holds the order row.
create or replace function trouble_order(
  p_tenant uuid,
  p_order_id bigint,
  p_fulfillment_id bigint,
  p_category text,
  p_severity text,
  p_code text,
  p_message text
)
returns void
language plpgsql volatile
as $$
declare
  v_before record;
begin
  insert into order_errors (
    tenant_id, order_id, fulfillment_id, category, severity, stage, code, message)
  values (
    p_tenant, p_order_id, p_fulfillment_id, p_category, p_severity, 'fulfilment', p_code,
    p_message);
  select order_status, lock_version into v_before
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id
    and order_status in ('confirmed', 'processing', 'picking', 'packed', 'on_hold');
  if not found then
    return;
  end if;
  insert into order_holds (tenant_id, order_id, reason, notes, held_by)
  values (p_tenant, p_order_id, 'delivery_failed', left(p_code || ': ' || p_message, 1000),
    current_actor())
  on conflict do nothing;
  if v_before.order_status <> 'on_hold' then
    perform notify_orders(
      p_tenant, array[p_order_id], 'order_delayed', (v_before.lock_version + 1)::text);
  end if;
end
$$;

comment on function trouble_order(uuid, bigint, bigint, text, text, text, text) is
  'Records an error of an order, holds the order and tells its customer that it takes longer.';
