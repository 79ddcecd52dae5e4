-- Gives back the stock of units of a line that no live fulfilment is going to take: of several
-- promises the last made first. The caller holds the order and its levels.
create or replace function release_open_units(
  p_tenant uuid, p_order_item_id bigint, p_quantity integer, p_reason text
)
returns void
language plpgsql volatile
as $$
declare
  v_is_plain boolean;
  v_part record;
  v_left bigint := p_quantity;
begin
  select count(*) = 1 and min(vi.required_quantity) = 1 into v_is_plain
  from order_items as oi
  join variant_inventory_items as vi using (tenant_id, variant_id)
  where oi.tenant_id = p_tenant
    and oi.order_item_id = p_order_item_id;
  -- The promises of a kit are not told apart by fulfilment.
  if not v_is_plain then
    perform release_units(p_tenant, p_order_item_id, p_quantity, p_reason);
    return;
  end if;
  for v_part in
    select r.reservation_id, r.quantity - t.taken as free
    from order_items as oi
    join inventory_reservations as r using (tenant_id, order_id, order_item_id)
    cross join lateral (
      select coalesce(sum(fi.quantity), 0) as taken
      from fulfillment_items as fi
      join fulfillments as f using (tenant_id, order_id, fulfillment_id)
      where fi.tenant_id = r.tenant_id
        and fi.order_id = r.order_id
        and fi.order_item_id = r.order_item_id
        and fi.reservation_id = r.reservation_id
        and f.status not in ('cancelled', 'shipped', 'delivered', 'returned')
    ) as t
    where oi.tenant_id = p_tenant
      and oi.order_item_id = p_order_item_id
      and r.status in ('reserved', 'committed')
      and r.quantity > t.taken
    order by r.reservation_id desc
  loop
    exit when v_left <= 0;
    perform release_units(p_tenant, p_order_item_id, least(v_left, v_part.free)::integer,
      p_reason, v_part.reservation_id);
    v_left := v_left - v_part.free;
  end loop;
end
$$;

comment on function release_open_units(uuid, bigint, integer, text) is
  'Gives back the stock of units of a line that no live fulfilment is going to take.';
