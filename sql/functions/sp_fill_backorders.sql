-- Goods are there for promises beyond the stock: who waits longest gets them first, and whose
-- fulfilment waited for nothing else begins. An item, a location, or (null) all of the shop's; at
-- most p_limit promises a call. Answers how many units were given; call it until that is 0.
-- Locks in the order of everybody else: orders, then levels, then reservations, fulfilments.
create or replace function sp_fill_backorders(
  p_inventory_item_id bigint default null,
  p_location_id bigint default null,
  p_limit integer default 500,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_orders bigint[];
  v_items bigint[];
  v_parts bigint[];
  v_units bigint;
begin
  select array_agg(distinct w.order_id), array_agg(distinct w.inventory_item_id)
  into v_orders, v_items
  from (
    select r.order_id, r.inventory_item_id
    from inventory_reservations as r
    join inventory_levels as l using (tenant_id, inventory_item_id, location_id)
    where r.tenant_id = p_tenant
      and r.inventory_item_id = coalesce(p_inventory_item_id, r.inventory_item_id)
      and r.location_id = coalesce(p_location_id, r.location_id)
      and r.is_backordered
      and r.status in ('reserved', 'committed')
      and l.available - l.safety_stock + l.backordered > 0
      and (l.release_at is null or l.release_at <= clock_now())
    order by r.reservation_id
    limit p_limit
  ) as w;
  if v_orders is null then
    return 0;
  end if;
  perform
  from orders
  where tenant_id = p_tenant
    and order_id = any (v_orders)
  order by order_id
  for no key update;
  perform lock_levels(p_tenant, v_items);

  with waiting as (
    select
      r.reservation_id,
      r.quantity,
      r.order_id,
      l.available - l.safety_stock + l.backordered - sum(r.quantity) over (
        partition by r.inventory_item_id, r.location_id
        order by r.reservation_id) + r.quantity as units
    from inventory_reservations as r
    join inventory_levels as l using (tenant_id, inventory_item_id, location_id)
    where r.tenant_id = p_tenant
      and r.inventory_item_id = any (v_items)
      and r.location_id = coalesce(p_location_id, r.location_id)
      and r.is_backordered
      and r.status in ('reserved', 'committed')
      and (l.release_at is null or l.release_at <= clock_now())
  ),
  -- Whoever began to wait after the orders were locked comes with the next call.
  filled as (
    select * from waiting where units > 0 and order_id = any (v_orders)
  ),
  cut as (
    select array_agg(reservation_id) as ids, array_agg(units::integer) as quantities
    from filled
    where units < quantity
  )
  select array_agg(reservation_id) into v_parts
  from (
    select reservation_id from filled where units >= quantity
    union all
    select s.reservation_id
    from cut cross join lateral split_reservations(p_tenant, cut.ids, cut.quantities) as s
  ) as parts;

  with covered as (
    update inventory_reservations
    set is_backordered = false, updated_at = clock_now()
    where tenant_id = p_tenant
      and reservation_id = any (v_parts)
    returning quantity
  )
  select coalesce(sum(quantity), 0) into v_units from covered;
  perform wake_fulfillments(p_tenant, v_orders);
  return v_units;
end
$$;

comment on function sp_fill_backorders(bigint, bigint, integer, uuid) is
  'Gives free units to promises beyond the stock, oldest first; answers how many units.';
