-- Somebody looked at a received return: its units go back to the shelf or are written off. p_items:
-- [{"line_number", "restocked", "damaged"}], all received units of each line; null: all of it can
-- be sold again. They come to p_location_code, else to where they left from. Twice is once.
-- P0NOF, P0STT, P0VAL.
create or replace function sp_inspect_return(
  p_return_id bigint,
  p_items jsonb,
  p_location_code text,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_return constant returns := lock_return(p_tenant, p_return_id);
  v_location_id bigint;
begin
  if v_return.status in ('inspected', 'refunded', 'exchanged') then
    return;
  elsif v_return.status <> 'received' then
    perform refuse_transition('return', v_return.status, 'inspected');
  end if;
  select location_id into v_location_id
  from locations
  where tenant_id = p_tenant
    and (p_location_code is null and is_active or code = p_location_code)
  order by priority, location_id
  limit 1;
  if not found then
    perform refuse_field('location', 'unknown', 'is no location');
  end if;
  if p_items is not null and exists (
    select
    from return_items as ri
    join order_items as oi using (tenant_id, order_id, order_item_id)
    left join jsonb_array_elements(p_items) as e (item)
      on (e.item->>'line_number')::integer = oi.line_number
    where ri.tenant_id = p_tenant
      and ri.return_id = p_return_id
    group by ri.return_item_id, ri.received_quantity
    having ri.received_quantity <> coalesce(sum(
        coalesce((e.item->>'restocked')::integer, 0) + coalesce((e.item->>'damaged')::integer, 0)),
        0)
      or bool_or((e.item->>'restocked')::integer < 0 or (e.item->>'damaged')::integer < 0)
  ) then
    perform refuse_field('items', 'out_of_range',
      'must say of each received unit whether it is restocked or damaged');
  end if;
  perform act_as(p_actor, null);
  perform lock_order_levels(p_tenant, v_return.order_id);
  update return_items as ri
  set
    restocked_quantity = case when p_items is null then n.received else n.restocked end,
    damaged_quantity = case when p_items is null then 0 else n.damaged end,
    location_id = coalesce(
      case when p_location_code is null then n.left_from end, v_location_id)
  from (
    select ri.return_item_id, ri.received_quantity as received,
      coalesce(sum((e.item->>'restocked')::integer), 0) as restocked,
      coalesce(sum((e.item->>'damaged')::integer), 0) as damaged,
      (
        select min(r.location_id)
        from inventory_reservations as r
        where r.tenant_id = p_tenant
          and r.order_id = ri.order_id
          and r.order_item_id = ri.order_item_id
          and r.status = 'fulfilled'
      ) as left_from
    from return_items as ri
    join order_items as oi using (tenant_id, order_id, order_item_id)
    left join jsonb_array_elements(p_items) as e (item)
      on (e.item->>'line_number')::integer = oi.line_number
    where ri.tenant_id = p_tenant
      and ri.return_id = p_return_id
    group by ri.return_item_id, ri.order_id, ri.order_item_id, ri.received_quantity
  ) as n
  where ri.tenant_id = p_tenant
    and ri.return_item_id = n.return_item_id;
  update returns
  set status = 'inspected'
  where tenant_id = p_tenant
    and return_id = p_return_id;
  perform log_order(p_tenant, v_return.order_id, 'return_inspected', jsonb_build_object(
    'return_id', p_return_id, 'items', p_items));
  perform act_as(null, null);
end
$$;

comment on function sp_inspect_return(bigint, jsonb, text, text, uuid) is
  'Units of a received return go to the shelf or are written off; P0NOF, P0STT, P0VAL.';
