-- Where goods go may be changed until somebody has them. Fires only where an address changes.
create or replace function trg_orders_address()
returns trigger
language plpgsql
as $$
declare
  v_fulfillment record;
begin
  if old.order_status not in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
    'processing', 'picking', 'packed')
  then
    perform refuse_transition('order', old.order_status, old.order_status,
      format('the address of an order that is %s does not change any more', old.order_status));
  end if;
  select fulfillment_id, status into v_fulfillment
  from fulfillments
  where tenant_id = new.tenant_id
    and order_id = new.order_id
    and (lookup_first or status in ('submitted', 'accepted', 'cancellation_requested', 'shipped',
      'delivered', 'returned'))
  limit 1;
  if found then
    perform refuse_transition('order', old.order_status, old.order_status,
      format('fulfilment %s is %s: the address does not change any more',
        v_fulfillment.fulfillment_id, v_fulfillment.status));
  end if;
  return new;
end
$$;

comment on function trg_orders_address() is
  'Refuses a new address once goods are with somebody (P0STT).';

create or replace trigger trg_orders_address
before update on orders
for each row
when (new.shipping_address is distinct from old.shipping_address)
execute function trg_orders_address();
