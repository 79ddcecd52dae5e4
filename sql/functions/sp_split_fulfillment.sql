-- Moves units of a fulfilment that did not begin to a new one of the same provider, so that they go
-- by themselves: a part that is there may leave before the rest. p_items: [{"order_item_id",
-- "quantity"}]; answers the new fulfilment's id. At least one unit stays behind.
-- P0NOF, P0STT, P0VAL.
create or replace function sp_split_fulfillment(
  p_fulfillment_id bigint,
  p_items jsonb,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_old constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_new_id bigint;
  v_item record;
  v_part record;
  v_wanted integer;
begin
  if v_old.status <> 'pending' or v_old.lookup_first then
    perform refuse_transition('fulfillment', v_old.status, 'pending',
      format('a fulfilment that is %s is not split any more', v_old.status));
  end if;
  perform act_as(p_actor, null);
  insert into fulfillments (tenant_id, order_id, provider_code, location_id, awaits_stock)
  values (
    p_tenant, v_old.order_id, v_old.provider_code, v_old.location_id, v_old.awaits_stock)
  returning fulfillment_id into v_new_id;
  for v_item in
    select (e.item->>'order_item_id')::bigint as order_item_id,
      sum((e.item->>'quantity')::integer) as quantity, min(e.place) as place
    from jsonb_array_elements(p_items) with ordinality as e (item, place)
    group by 1
    order by 1
  loop
    v_wanted := v_item.quantity;
    for v_part in
      select fulfillment_item_id, reservation_id, quantity
      from fulfillment_items
      where tenant_id = p_tenant
        and fulfillment_id = p_fulfillment_id
        and order_item_id = v_item.order_item_id
      order by fulfillment_item_id
    loop
      exit when v_wanted <= 0;
      insert into fulfillment_items (
        tenant_id, fulfillment_id, order_id, order_item_id, reservation_id, quantity)
      values (p_tenant, v_new_id, v_old.order_id, v_item.order_item_id, v_part.reservation_id,
        least(v_wanted, v_part.quantity));
      if v_wanted >= v_part.quantity then
        delete from fulfillment_items
        where tenant_id = p_tenant
          and fulfillment_item_id = v_part.fulfillment_item_id;
      else
        update fulfillment_items
        set quantity = quantity - v_wanted
        where tenant_id = p_tenant
          and fulfillment_item_id = v_part.fulfillment_item_id;
      end if;
      v_wanted := v_wanted - v_part.quantity;
    end loop;
    if v_item.quantity is null or v_item.quantity <= 0 or v_wanted > 0 then
      perform refuse_field(format('items[%s].quantity', v_item.place - 1), 'out_of_range',
        'must be from 1 to what the fulfilment has of the line');
    end if;
  end loop;
  if not exists (
    select from fulfillment_items where tenant_id = p_tenant and fulfillment_id = p_fulfillment_id
  ) or not exists (
    select from fulfillment_items where tenant_id = p_tenant and fulfillment_id = v_new_id
  ) then
    perform refuse_field('items', 'out_of_range',
      'must take at least one unit and leave at least one behind');
  end if;
  perform log_order(p_tenant, v_old.order_id, 'split', jsonb_build_object(
    'fulfillment_id', p_fulfillment_id, 'into', v_new_id, 'items', p_items));
  perform act_as(null, null);
  return v_new_id;
end
$$;

comment on function sp_split_fulfillment(bigint, jsonb, text, uuid) is
  'Moves units of a fulfilment to a new one that goes by itself; P0NOF, P0STT, P0VAL.';
