-- Gives back the stock of some units of an order line that are not gone yet: for edits and partial
-- cancels. What waits for goods goes first, then the last promise, unless the caller names one (its
-- parts count as it). Answers how
-- many units of stock were given back, which is fewer than asked when fewer are held: what was
-- given back is not given back again.
-- P0NOF, P0VAL. Locks: the order, levels (total order), reservations.
create or replace function release_units(
  p_tenant uuid,
  p_order_item_id bigint,
  p_quantity integer,
  p_reason text,
  p_reservation_id bigint default null
)
returns integer
language plpgsql volatile
as $$
declare
  v_order_id bigint;
  v_parts bigint[];
  v_released integer;
begin
  if p_quantity is null or p_quantity <= 0 then
    raise exception 'the units to give back must be positive' using errcode = 'P0VAL',
      detail = jsonb_build_array(jsonb_build_object('field', 'quantity', 'code', 'out_of_range',
        'message', 'must be positive'))::text;
  end if;
  select order_id into v_order_id
  from order_items
  where tenant_id = p_tenant
    and order_item_id = p_order_item_id;
  if not found then
    raise exception 'there is no order line %', p_order_item_id using errcode = 'P0NOF';
  end if;
  perform lock_order(p_tenant, v_order_id);
  perform lock_promised_levels(p_tenant, array[v_order_id]);

  with held as (
    select
      r.reservation_id,
      r.quantity,
      p_quantity::bigint * vi.required_quantity - sum(r.quantity) over (
        partition by r.inventory_item_id
        order by r.is_backordered desc, r.reservation_id desc) + r.quantity as wanted
    from order_items as oi
    join variant_inventory_items as vi using (tenant_id, variant_id)
    join inventory_reservations as r
      on r.tenant_id = p_tenant
      and r.order_id = oi.order_id
      and r.order_item_id = oi.order_item_id
      and r.inventory_item_id = vi.inventory_item_id
    where oi.tenant_id = p_tenant
      and oi.order_item_id = p_order_item_id
      and r.status in ('reserved', 'committed')
      and (p_reservation_id is null or p_reservation_id in (r.reservation_id, r.split_from))
  ),
  cut as (
    select array_agg(reservation_id) as ids, array_agg(wanted::integer) as quantities
    from held
    where wanted > 0 and wanted < quantity
  )
  select array_agg(reservation_id) into v_parts
  from (
    select reservation_id from held where wanted >= quantity
    union all
    select s.reservation_id
    from cut cross join lateral split_reservations(p_tenant, cut.ids, cut.quantities) as s
  ) as parts;

  with given_back as (
    update inventory_reservations
    set status = 'released', released_reason = p_reason, updated_at = clock_now()
    where tenant_id = p_tenant
      and reservation_id = any (v_parts)
    returning quantity
  )
  select coalesce(sum(quantity), 0) into v_released from given_back;
  perform wake_fulfillments(p_tenant, array[v_order_id]);
  return v_released;
end
$$;

comment on function release_units(uuid, bigint, integer, text, bigint) is
  'Gives back the stock of some units of a line; answers how much was held. P0NOF, P0VAL.';
