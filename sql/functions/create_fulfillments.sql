-- Asks providers for every unit of these confirmed orders that nobody was asked for yet.
--
-- A digital line is a fulfilment of its own: it succeeds, fails and is retried by itself. Physical
-- lines go together, one fulfilment per provider and location. Routing rules say which provider
-- (route_lines), else the variant does; lines without one are for a person (provider manual). What
-- waits for goods is a fulfilment of its own, which waits for them.
-- Inserting fulfilments enqueues their jobs (trg_fulfillments_enqueue).
create or replace function create_fulfillments(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_created integer;
begin
  with open_lines as (
    select
      oi.order_id,
      oi.order_item_id,
      oi.quantity - oi.quantity_cancelled - c.covered as quantity,
      c.covered,
      coalesce(w.provider_code, v.fulfillment_provider, 'manual') as provider_code,
      w.service,
      coalesce(w.account, 'default') as account,
      v.kind,
      -- Only where one unit is one unit of one item can promises be told apart by location.
      (select count(*) = 1 and min(vi.required_quantity) = 1
        from variant_inventory_items as vi
        where vi.tenant_id = p_tenant and vi.variant_id = oi.variant_id) as is_plain
    from order_items as oi
    join product_variants as v using (tenant_id, variant_id)
    left join route_lines(p_tenant, p_order_ids) as w using (order_item_id)
    cross join lateral (
      select coalesce(sum(fi.quantity), 0) as covered
      from fulfillment_items as fi
      join fulfillments as f using (tenant_id, order_id, fulfillment_id)
      where fi.tenant_id = p_tenant
        and fi.order_id = oi.order_id
        and fi.order_item_id = oi.order_item_id
        and f.status <> 'cancelled'
      offset 0
    ) as c
    where oi.tenant_id = p_tenant
      and oi.order_id = any (p_order_ids)
      and oi.quantity - oi.quantity_cancelled > c.covered
  ),
  parts as (
    select
      n.order_id,
      n.order_item_id,
      n.provider_code,
      n.service,
      n.account,
      case n.kind when 'physical' then r.location_id end as location_id,
      case n.kind when 'digital' then n.order_item_id end as digital_line,
      r.reservation_id,
      coalesce(r.quantity, n.quantity) as quantity,
      coalesce(r.is_backordered, not n.is_plain and exists (
        select
        from inventory_reservations as waiting
        where waiting.tenant_id = p_tenant
          and waiting.order_id = n.order_id
          and waiting.order_item_id = n.order_item_id
          and waiting.status = 'committed'
          and waiting.is_backordered)) as awaits_stock
    from open_lines as n
    left join lateral (
      -- The offset keeps this a look-up per line, whatever the planner thinks of a new table.
      select r.reservation_id, r.location_id, r.quantity, r.is_backordered
      from (
        select r.reservation_id, r.location_id, r.is_backordered,
          -- What other fulfilments of the line are going to take is theirs.
          r.quantity - case when n.covered = 0 then 0 else (
            select coalesce(sum(fi.quantity), 0)
            from fulfillment_items as fi
            join fulfillments as f using (tenant_id, order_id, fulfillment_id)
            where fi.tenant_id = p_tenant
              and fi.order_id = n.order_id
              and fi.order_item_id = n.order_item_id
              and fi.reservation_id = r.reservation_id
              and f.status not in ('cancelled', 'shipped', 'delivered', 'returned')
          ) end as quantity
        from inventory_reservations as r
        where r.tenant_id = p_tenant
          and r.order_id = n.order_id
          and r.order_item_id = n.order_item_id
          and r.status = 'committed'
          and n.is_plain
        offset 0
      ) as r
      where r.quantity > 0
    ) as r on true
  ),
  groups as materialized (
    select
      nextval('fulfillments_fulfillment_id_seq') as fulfillment_id,
      g.*
    from (
      -- What is there goes without what is awaited, but for a digital line, which is one.
      select order_id, provider_code, service, account, location_id, digital_line,
        digital_line is null and awaits_stock as goes_later, bool_or(awaits_stock) as awaits_stock
      from parts
      group by 1, 2, 3, 4, 5, 6, 7
      order by 1, 2, 3, 4, 5, 6, 7
    ) as g
  ),
  headers as (
    insert into fulfillments (
      tenant_id, fulfillment_id, order_id, provider_code, service, account, location_id,
      awaits_stock)
    select p_tenant, fulfillment_id, order_id, provider_code, service, account, location_id,
      awaits_stock
    from groups
    returning 1
  ),
  items as (
    insert into fulfillment_items (
      tenant_id, fulfillment_id, order_id, order_item_id, reservation_id, quantity)
    select p_tenant, g.fulfillment_id, p.order_id, p.order_item_id, p.reservation_id, p.quantity
    from parts as p
    join groups as g
      on g.order_id = p.order_id
      and g.provider_code = p.provider_code
      and g.service is not distinct from p.service
      and g.account = p.account
      and g.location_id is not distinct from p.location_id
      and g.digital_line is not distinct from p.digital_line
      and g.goes_later = (p.digital_line is null and p.awaits_stock)
    returning 1
  )
  select count(*) into v_created from headers;
  return v_created;
end
$$;

comment on function create_fulfillments(uuid, bigint[]) is
  'Makes the fulfilments of confirmed orders: one per digital line, else per provider, location.';
