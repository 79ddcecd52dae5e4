-- The units of these fulfilments leave: their promises become fulfilled, on_hand goes down. A
-- fulfilment takes what it delivers and no more: of a promise that is larger, that part is split
-- off. What left with a fulfilment does not leave with it again: twice is once.
-- Locks: levels (total order), then reservations. Callers hold the order rows.
create or replace function consume_stock(p_tenant uuid, p_fulfillment_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_fulfillment_id bigint;
  v_orders bigint[];
  v_parts bigint[];
  v_rows integer;
  v_consumed integer := 0;
begin
  select array_agg(distinct order_id) into v_orders
  from fulfillments
  where tenant_id = p_tenant
    and fulfillment_id = any (p_fulfillment_ids);
  perform lock_promised_levels(p_tenant, v_orders);

  foreach v_fulfillment_id in array p_fulfillment_ids loop
    with needed as (
      select
        fi.order_id, fi.order_item_id, fi.reservation_id as named_id, vi.inventory_item_id,
        sum(fi.quantity::bigint * vi.required_quantity) - coalesce((
          select sum(gone.quantity)
          from inventory_reservations as gone
          where gone.tenant_id = p_tenant
            and gone.order_id = fi.order_id
            and gone.order_item_id = fi.order_item_id
            and gone.inventory_item_id = vi.inventory_item_id
            and gone.fulfillment_id = v_fulfillment_id
            and (fi.reservation_id is null
              or fi.reservation_id in (gone.reservation_id, gone.split_from))), 0) as quantity
      from fulfillment_items as fi
      join order_items as oi
        on oi.tenant_id = p_tenant and oi.order_item_id = fi.order_item_id
      join variant_inventory_items as vi
        on vi.tenant_id = p_tenant and vi.variant_id = oi.variant_id
      where fi.tenant_id = p_tenant
        and fi.fulfillment_id = v_fulfillment_id
      group by fi.order_id, fi.order_item_id, fi.reservation_id, vi.inventory_item_id
    ),
    held as (
      select
        r.reservation_id,
        r.quantity,
        n.quantity - sum(r.quantity) over (
          partition by n.order_item_id, n.inventory_item_id, n.named_id
          order by r.reservation_id) + r.quantity as wanted
      from needed as n
      join inventory_reservations as r
        on r.tenant_id = p_tenant
        and r.order_id = n.order_id
        and r.order_item_id = n.order_item_id
        and r.inventory_item_id = n.inventory_item_id
        and (n.named_id is null or n.named_id in (r.reservation_id, r.split_from))
      where r.status = 'committed'
        and not r.is_backordered
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

    update inventory_reservations
    set status = 'fulfilled', fulfillment_id = v_fulfillment_id, updated_at = clock_now()
    where tenant_id = p_tenant
      and reservation_id = any (v_parts);
    get diagnostics v_rows = row_count;
    v_consumed := v_consumed + v_rows;
  end loop;
  return v_consumed;
end
$$;

comment on function consume_stock(uuid, bigint[]) is
  'Takes the units of fulfilments out of stock: committed promises become fulfilled.';
