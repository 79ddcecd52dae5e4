-- Units of an order line came back to a location: restocked, they can be sold again; damaged, they
-- are kept apart until they are written off. The promises they left with become returned, so a line
-- never brings back more than left with it (P0VAL). Goods without stock come back without a trace.
-- Answers how many units of stock came back. P0NOF, P0VAL.
-- Locks: the order, levels (total order), reservations.
create or replace function restock(
  p_tenant uuid,
  p_order_item_id bigint,
  p_location_id bigint,
  p_quantity integer,
  p_disposition text,
  p_return_id bigint default null
)
returns integer
language plpgsql volatile
as $$
declare
  v_order_id bigint;
  v_items bigint[];
  v_parts bigint[];
  v_wanted bigint;
  v_returned bigint;
begin
  if coalesce(p_quantity, 0) <= 0
    or coalesce(p_disposition, '') not in ('restocked', 'damaged')
  then
    raise exception 'units come back restocked or damaged, at least one'
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', case when coalesce(p_quantity, 0) <= 0 then 'quantity' else 'disposition' end,
        'code', 'out_of_range', 'message', 'must be positive; restocked or damaged'))::text;
  end if;
  select order_id into v_order_id
  from order_items
  where tenant_id = p_tenant
    and order_item_id = p_order_item_id;
  if not found then
    raise exception 'there is no order line %', p_order_item_id using errcode = 'P0NOF';
  end if;
  perform lock_order(p_tenant, v_order_id);
  select array_agg(vi.inventory_item_id order by vi.inventory_item_id),
    sum(vi.required_quantity) * p_quantity
  into v_items, v_wanted
  from order_items as oi
  join variant_inventory_items as vi using (tenant_id, variant_id)
  join inventory_items as i using (tenant_id, inventory_item_id)
  where oi.tenant_id = p_tenant
    and oi.order_item_id = p_order_item_id
    and i.track_inventory;
  if v_items is null then
    return 0;
  end if;
  insert into inventory_levels (tenant_id, inventory_item_id, location_id)
  select p_tenant, item_id, p_location_id
  from unnest(v_items) as item_id
  on conflict on constraint inventory_levels_pkey do nothing;
  perform lock_levels(p_tenant, v_items);

  with gone as (
    select
      r.reservation_id,
      r.quantity,
      p_quantity::bigint * vi.required_quantity - sum(r.quantity) over (
        partition by r.inventory_item_id order by r.reservation_id) + r.quantity as wanted
    from order_items as oi
    join variant_inventory_items as vi using (tenant_id, variant_id)
    join inventory_reservations as r
      on r.tenant_id = p_tenant
      and r.order_id = oi.order_id
      and r.order_item_id = oi.order_item_id
      and r.inventory_item_id = vi.inventory_item_id
    where oi.tenant_id = p_tenant
      and oi.order_item_id = p_order_item_id
      and r.status = 'fulfilled'
  ),
  cut as (
    select array_agg(reservation_id) as ids, array_agg(wanted::integer) as quantities
    from gone
    where wanted > 0 and wanted < quantity
  )
  select array_agg(reservation_id) into v_parts
  from (
    select reservation_id from gone where wanted >= quantity
    union all
    select s.reservation_id
    from cut cross join lateral split_reservations(p_tenant, cut.ids, cut.quantities) as s
  ) as parts;

  with returned as (
    update inventory_reservations
    set status = 'returned', updated_at = clock_now()
    where tenant_id = p_tenant
      and reservation_id = any (v_parts)
    returning inventory_item_id, quantity
  ),
  movements as (
    insert into stock_movements (
      tenant_id, inventory_item_id, location_id, kind, on_hand_delta, damaged_delta, order_id,
      return_id, actor)
    select p_tenant, inventory_item_id, p_location_id,
      case p_disposition when 'restocked' then 'returned' else 'damaged' end,
      case p_disposition when 'restocked' then sum(quantity) else 0 end,
      case p_disposition when 'damaged' then sum(quantity) else 0 end,
      v_order_id, p_return_id, current_actor()
    from returned
    group by inventory_item_id
    order by inventory_item_id
  )
  select coalesce(sum(quantity), 0) into v_returned from returned;
  if v_returned < v_wanted then
    raise exception 'only % of % units of this line left and did not come back', v_returned,
        v_wanted
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'quantity', 'code', 'out_of_range',
        'message', 'is more than left and did not come back yet'))::text;
  end if;
  return v_returned;
end
$$;

comment on function restock(uuid, bigint, bigint, integer, text, bigint) is
  'Units of an order line came back, restocked or damaged; P0NOF, P0VAL.';
