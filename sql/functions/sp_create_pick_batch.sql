-- A round through a location, or a zone of it: what parcels that may leave still need from there
-- and nobody fetches yet, oldest first, of at most p_limit parcels. Their fulfilments are picking
-- from then on. Goods by other providers, for orders on hold, or that are awaited, are left out.
-- Answers the batch's key; null if there is nothing to fetch. P0NOF, P0VAL.
-- Locks: the orders (ascending; those that somebody works on are left to the next round), then the
-- fulfilments.
create or replace function sp_create_pick_batch(
  p_location_code text,
  p_zone text default null,
  p_picker text default null,
  p_limit integer default 20,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_location constant bigint := find_location(p_tenant, p_location_code);
  v_batch_id bigint;
  v_orders bigint[];
  v_parcels bigint[];
begin
  if p_limit is null or p_limit not between 1 and 500 then
    raise exception 'a round has from 1 to 500 parcels' using errcode = 'P0VAL', detail =
      jsonb_build_array(jsonb_build_object('field', 'limit', 'code', 'out_of_range', 'message',
        'must be from 1 to 500'))::text;
  end if;
  select array_agg(distinct n.order_id) into v_orders
  from (
    select f.order_id
    from fulfillments as f
    where f.tenant_id = p_tenant
      and f.status in ('pending', 'picking')
      and f.provider_code in ('manual', 'warehouse')
      and f.location_id = v_location
      and not f.awaits_stock
      and exists (select from pick_needs(p_tenant, array[f.fulfillment_id], p_zone))
    order by f.fulfillment_id
    limit p_limit
  ) as n;
  with locked as (
    select order_id
    from orders
    where tenant_id = p_tenant
      and order_id = any (v_orders)
      and order_status in ('confirmed', 'processing', 'picking', 'packed', 'partially_shipped')
    order by order_id
    for no key update skip locked
  )
  select array_agg(order_id) into v_orders from locked;
  select array_agg(f.fulfillment_id order by f.fulfillment_id) into v_parcels
  from fulfillments as f
  where f.tenant_id = p_tenant
    and f.order_id = any (v_orders)
    and f.status in ('pending', 'picking')
    and f.provider_code in ('manual', 'warehouse')
    and f.location_id = v_location
    and not f.awaits_stock
    and exists (select from pick_needs(p_tenant, array[f.fulfillment_id], p_zone));
  if v_parcels is null then
    return null;
  end if;

  insert into pick_batches (tenant_id, location_id, zone, picker)
  values (p_tenant, v_location, p_zone, p_picker)
  returning pick_batch_id into v_batch_id;
  insert into pick_list_items (
    tenant_id, pick_batch_id, order_id, fulfillment_id, fulfillment_item_id, sku, title, zone, bin,
    quantity)
  select p_tenant, v_batch_id, order_id, fulfillment_id, fulfillment_item_id, sku, title, zone,
    bin, quantity
  from pick_needs(p_tenant, v_parcels, p_zone)
  order by zone, bin, sku, fulfillment_id;
  update fulfillments
  set status = 'picking'
  where tenant_id = p_tenant
    and fulfillment_id = any (v_parcels)
    and status = 'pending';
  return v_batch_id;
end
$$;

comment on function sp_create_pick_batch(text, text, text, integer, uuid) is
  'A round that fetches the goods of waiting parcels; null if there are none. P0NOF, P0VAL.';
