-- Which orders that somebody wants to place ask for more than there is, each looked at as if it
-- came alone: place in p_orders (from 1) and what is short, as P0INV tells it. Without locks, so it
-- is true of a moment; an item of which overdue promises could be taken back counts as there.
create or replace function orders_short_of_stock(p_orders jsonb, p_tenant uuid)
returns table (
  place integer,
  shortages jsonb
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
    with wanted as (
      select e.n, vi.inventory_item_id,
        sum((l.line->>'quantity')::bigint * vi.required_quantity) as quantity
      from jsonb_array_elements(p_orders) with ordinality as e (o, n)
      cross join lateral jsonb_array_elements(e.o->'lines') as l (line)
      join product_variants as v
        on v.tenant_id = p_tenant and v.sku = btrim(l.line->>'sku')
      join variant_inventory_items as vi
        on vi.tenant_id = p_tenant and vi.variant_id = v.variant_id
      group by e.n, vi.inventory_item_id
    ),
    levels as (
      select
        l.inventory_item_id,
        case when l.release_at > clock_now() then 0
          else greatest(0, l.available - l.safety_stock) end as free,
        -- Null is no limit: more than anybody orders.
        coalesce(case when l.release_at > clock_now() then l.preorder_limit
          else l.backorder_limit end, 1000000000000) - l.backordered as beyond
      from inventory_levels as l
      join locations as lo
        on lo.tenant_id = p_tenant and lo.location_id = l.location_id
      where l.tenant_id = p_tenant
        and l.inventory_item_id = any (array(select inventory_item_id from wanted))
        and lo.is_active
    ),
    stock as (
      select i.inventory_item_id, i.sku,
        coalesce(sum(l.free + greatest(0, l.beyond)), 0) as units
      from inventory_items as i
      left join levels as l using (inventory_item_id)
      where i.tenant_id = p_tenant
        and i.inventory_item_id = any (array(select inventory_item_id from wanted))
        and i.track_inventory
        and not exists (
          select
          from inventory_reservations as r
          where r.inventory_item_id = i.inventory_item_id
            and r.status = 'reserved'
            and r.expires_at <= clock_now())
      group by i.inventory_item_id, i.sku
      -- A policy without a limit: there is no end.
      having bool_and(l.inventory_item_id is null or l.beyond is not null)
    )
    select w.n::integer, jsonb_agg(jsonb_build_object(
        'sku', s.sku, 'requested', w.quantity, 'available', s.units) order by s.sku)
    from wanted as w
    join stock as s using (inventory_item_id)
    where w.quantity > s.units
    group by w.n;
end
$$;

comment on function orders_short_of_stock(jsonb, uuid) is
  'Which orders ask for more than there is at this moment, each by itself.';
