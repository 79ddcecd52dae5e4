-- Promises stock to every line of these orders that has none yet: all of it, or P0INV.
--
-- Under the levels' locks it first lapses overdue promises of others, so that an expired hold never
-- blocks a sale, however late the sweeper is. Then it lays the lines of each item end to end, and
-- the locations' available units beside them; where the two overlap, that line takes those units
-- there. Locations that cover most items of the order alone come first, then by priority.
-- Lines of one item are added up before they are compared with the stock.
--
-- P0INV: DETAIL [{"sku", "requested", "available"}], one for each item that is short.
-- Locks: levels of all items (total order), then overdue reservations. Callers hold the order rows.
create or replace function reserve_stock(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_items bigint[];
  v_short jsonb;
  v_promises integer;
begin
  select array_agg(distinct vi.inventory_item_id) into v_items
  from order_items as oi
  join variant_inventory_items as vi using (tenant_id, variant_id)
  join inventory_items as ii using (tenant_id, inventory_item_id)
  where oi.tenant_id = p_tenant
    and oi.order_id = any (p_order_ids)
    and ii.track_inventory;
  if v_items is null then
    return 0;
  end if;

  perform lock_levels(p_tenant, v_items);
  perform lapse_reservations(v_items);

  with wanted as (
    select
      oi.order_id,
      oi.order_item_id,
      vi.inventory_item_id,
      (oi.quantity - oi.quantity_cancelled)::bigint * vi.required_quantity - coalesce((
        select sum(r.quantity)
        from inventory_reservations as r
        where r.tenant_id = p_tenant
          and r.order_id = oi.order_id
          and r.order_item_id = oi.order_item_id
          and r.inventory_item_id = vi.inventory_item_id
          and r.status not in ('released', 'expired')), 0) as quantity
    from order_items as oi
    join variant_inventory_items as vi using (tenant_id, variant_id)
    join inventory_items as ii using (tenant_id, inventory_item_id)
    where oi.tenant_id = p_tenant
      and oi.order_id = any (p_order_ids)
      and ii.track_inventory
  ),
  lines as (
    select *, sum(quantity) over (partition by inventory_item_id order by order_item_id) as upto
    from wanted
    where quantity > 0
  ),
  totals as (
    select inventory_item_id, sum(quantity) as quantity
    from lines
    group by inventory_item_id
  ),
  stock as (
    select
      l.inventory_item_id,
      l.location_id,
      l.available - l.safety_stock as available,
      lo.priority,
      l.available - l.safety_stock >= t.quantity as covers_item,
      count(*) filter (where l.available - l.safety_stock >= t.quantity)
        over (partition by l.location_id) as items_covered
    from totals as t
    join inventory_levels as l
      on l.tenant_id = p_tenant and l.inventory_item_id = t.inventory_item_id
    join locations as lo
      on lo.tenant_id = p_tenant and lo.location_id = l.location_id
    where lo.is_active
      and l.available > l.safety_stock
  ),
  ranked as (
    select *, sum(available) over (
      partition by inventory_item_id
      order by items_covered desc, covers_item desc, priority, location_id) as upto
    from stock
  ),
  short as (
    select t.inventory_item_id, t.quantity, coalesce(sum(s.available), 0) as available
    from totals as t
    left join stock as s using (inventory_item_id)
    group by t.inventory_item_id, t.quantity
    having coalesce(sum(s.available), 0) < t.quantity
  ),
  promised as (
    insert into inventory_reservations (
      tenant_id, order_id, order_item_id, inventory_item_id, location_id, quantity, expires_at)
    select
      p_tenant, n.order_id, n.order_item_id, n.inventory_item_id, s.location_id,
      least(n.upto, s.upto) - greatest(n.upto - n.quantity, s.upto - s.available),
      coalesce(o.expires_at, clock_now() + reservation_ttl(p_tenant))
    from lines as n
    join ranked as s using (inventory_item_id)
    join orders as o on o.tenant_id = p_tenant and o.order_id = n.order_id
    where least(n.upto, s.upto) > greatest(n.upto - n.quantity, s.upto - s.available)
      and not exists (select from short)
    returning 1
  )
  select
    (select jsonb_agg(jsonb_build_object(
        'sku', ii.sku, 'requested', short.quantity, 'available', short.available)
        order by ii.sku)
      from short
      join inventory_items as ii
        on ii.tenant_id = p_tenant and ii.inventory_item_id = short.inventory_item_id),
    (select count(*) from promised)
  into v_short, v_promises;

  if v_short is not null then
    raise exception 'not enough stock of %', v_short->0->>'sku'
      using errcode = 'P0INV', detail = v_short::text;
  end if;
  return v_promises;
end
$$;

comment on function reserve_stock(uuid, bigint[]) is
  'Promises stock to the lines of orders, all or nothing; P0INV with what is short.';
