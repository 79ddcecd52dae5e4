-- Promises stock to every line of these orders that has none yet: all of it, or P0INV.
--
-- One statement locks the levels, reads them as they are then, and writes the promises. It lays the
-- lines of each item end to end, and the locations' units beside them; where the two overlap, that
-- line takes those units there. Locations that cover most items of the order alone come first, then
-- by priority. What is not there may be promised beyond the stock as far as the level's policy goes
-- (backorder, or preorder until its release), after everything that is there; those promises are
-- rows of their own. Lines of one item are added up before they are compared with the stock.
--
-- Only when it is short are overdue promises of others lapsed, and then it looks again: an expired
-- hold never blocks a sale, however late the sweeper is, and a sale does not wait for it otherwise.
--
-- P0INV: DETAIL [{"sku", "requested", "available"}], one for each item that is short.
-- Locks: levels of all items (total order), then overdue reservations. Callers hold the order rows.
create or replace function reserve_stock(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  -- More than anybody orders: stands for no limit.
  c_endless constant bigint := 1000000000000;
  v_short jsonb;
  v_promises integer;
begin
  for v_try in 1..2 loop
    with wanted as materialized (
      select
        oi.order_id,
        oi.order_item_id,
        o.expires_at,
        need.inventory_item_id,
        (oi.quantity - oi.quantity_cancelled)::bigint * need.required_quantity - coalesce((
          select sum(r.quantity)
          from inventory_reservations as r
          where r.tenant_id = p_tenant
            and r.order_id = oi.order_id
            and r.order_item_id = oi.order_item_id
            and r.inventory_item_id = need.inventory_item_id
            and r.status not in ('released', 'expired')), 0) as quantity
      -- The offsets keep these look-ups per order and line, whatever the planner thinks of a new
      -- table: from "= any" it may read all lines of the shop (measured: a third of a placing).
      from unnest(p_order_ids) as asked (order_id)
      cross join lateral (
        select expires_at
        from orders
        where tenant_id = p_tenant and order_id = asked.order_id
        offset 0
      ) as o
      cross join lateral (
        select order_id, order_item_id, variant_id, quantity, quantity_cancelled
        from order_items
        where tenant_id = p_tenant and order_id = asked.order_id
        offset 0
      ) as oi
      cross join lateral (
        select vi.inventory_item_id, vi.required_quantity
        from variant_inventory_items as vi
        join inventory_items as ii
          on ii.tenant_id = p_tenant and ii.inventory_item_id = vi.inventory_item_id
        where vi.tenant_id = p_tenant
          and vi.variant_id = oi.variant_id
          and ii.track_inventory
        offset 0
      ) as need
    ),
    locked as materialized (
      select
        inventory_item_id, location_id,
        available - safety_stock as free, backordered, release_at > clock_now() as is_preorder,
        backorder_limit, preorder_limit
      from inventory_levels
      where tenant_id = p_tenant
        and inventory_item_id = any (array(select inventory_item_id from wanted))
      order by inventory_item_id, location_id
      for no key update
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
        lo.priority,
        part.is_backordered,
        part.units,
        part.units >= t.quantity and not part.is_backordered as covers_item,
        count(*) filter (where part.units >= t.quantity and not part.is_backordered)
          over (partition by l.location_id) as items_covered
      from totals as t
      join locked as l using (inventory_item_id)
      join locations as lo
        on lo.tenant_id = p_tenant and lo.location_id = l.location_id
      -- What is there, and what may be promised beyond it.
      cross join unnest('{f,t}'::boolean[]) as kind (is_backordered)
      cross join lateral (
        select kind.is_backordered,
          case
            when kind.is_backordered then
              coalesce(case when l.is_preorder then l.preorder_limit else l.backorder_limit end,
                c_endless) - l.backordered
            when l.is_preorder then 0
            else l.free
          end as units
      ) as part
      where lo.is_active
        and part.units > 0
    ),
    ranked as (
      select *, sum(units) over (
        partition by inventory_item_id
        order by is_backordered, items_covered desc, covers_item desc, priority, location_id
      ) as upto
      from stock
    ),
    short as (
      select t.inventory_item_id, t.quantity, coalesce(sum(s.units), 0) as available
      from totals as t
      left join stock as s using (inventory_item_id)
      group by t.inventory_item_id, t.quantity
      having coalesce(sum(s.units), 0) < t.quantity
    ),
    promised as (
      insert into inventory_reservations (
        tenant_id, order_id, order_item_id, inventory_item_id, location_id, quantity, expires_at,
        is_backordered)
      select
        p_tenant, n.order_id, n.order_item_id, n.inventory_item_id, s.location_id,
        least(n.upto, s.upto) - greatest(n.upto - n.quantity, s.upto - s.units),
        coalesce(n.expires_at, clock_now() + reservation_ttl(p_tenant)),
        s.is_backordered
      from lines as n
      join ranked as s using (inventory_item_id)
      where least(n.upto, s.upto) > greatest(n.upto - n.quantity, s.upto - s.units)
        and not exists (select from short)
      returning 1
    )
    select (select jsonb_agg(to_jsonb(short)) from short),
      (select count(*) from promised)
    into v_short, v_promises;

    if v_short is null then
      return v_promises;
    end if;
    exit when lapse_reservations(array(
      select (s->'inventory_item_id')::bigint from jsonb_array_elements(v_short) as s)) = 0;
  end loop;

  select jsonb_agg(jsonb_build_object(
    'sku', ii.sku, 'requested', s->'quantity', 'available', s->'available') order by ii.sku)
  into v_short
  from jsonb_array_elements(v_short) as s
  join inventory_items as ii
    on ii.tenant_id = p_tenant and ii.inventory_item_id = (s->'inventory_item_id')::bigint;
  raise exception 'not enough stock of %', v_short->0->>'sku'
    using errcode = 'P0INV', detail = v_short::text;
end
$$;

comment on function reserve_stock(uuid, bigint[]) is
  'Promises stock to the lines of orders, all or nothing; P0INV with what is short.';
