-- Why an order may not enter a state although the states themselves allow it, or null.
-- Called with the order row locked; reads what others committed meanwhile.
create or replace function order_obstacle(p_tenant uuid, p_order_id bigint, p_to text)
returns text
language plpgsql volatile
as $$
declare
  v_fulfillment record;
begin
  if p_to = 'cancelled' then
    -- lookup_first: it was sent and nobody knows what became of it.
    select f.fulfillment_id, f.status, f.provider_code into v_fulfillment
    from fulfillments as f
    where f.tenant_id = p_tenant
      and f.order_id = p_order_id
      and (f.lookup_first or f.status in ('submitted', 'accepted', 'cancellation_requested',
        'shipped', 'delivered', 'returned'))
      and f.status <> 'cancelled'
    order by f.fulfillment_id
    limit 1;
    if found then
      return format('fulfilment %s is %s at %s: the order can not be cancelled any more',
        v_fulfillment.fulfillment_id, v_fulfillment.status, v_fulfillment.provider_code);
    end if;
  elsif p_to = 'delivered' then
    select f.fulfillment_id, f.status into v_fulfillment
    from fulfillments as f
    where f.tenant_id = p_tenant
      and f.order_id = p_order_id
      and f.status not in ('delivered', 'cancelled')
    order by f.fulfillment_id
    limit 1;
    if found then
      return format('fulfilment %s is %s, not delivered',
        v_fulfillment.fulfillment_id, v_fulfillment.status);
    end if;
  end if;
  return null;
end
$$;

comment on function order_obstacle(uuid, bigint, text) is
  'Why an order may not enter a state, in words, or null: its fulfilments.';
