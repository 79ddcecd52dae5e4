-- Turns the promises of confirmed orders from reserved into committed, which does not lapse.
-- P0EXP if any line is not promised in full any more: its time was over, or it was released.
-- Locks: levels (total order), then reservations. Callers hold the order rows.
create or replace function commit_stock(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_sku text;
  v_committed integer;
begin
  perform lock_promised_levels(p_tenant, p_order_ids);
  select oi.sku into v_sku
  from order_items as oi
  join variant_inventory_items as vi using (tenant_id, variant_id)
  join inventory_items as ii using (tenant_id, inventory_item_id)
  where oi.tenant_id = p_tenant
    and oi.order_id = any (p_order_ids)
    and ii.track_inventory
    and (oi.quantity - oi.quantity_cancelled)::bigint * vi.required_quantity > (
      select coalesce(sum(r.quantity), 0)
      from inventory_reservations as r
      where r.tenant_id = p_tenant
        and r.order_id = oi.order_id
        and r.order_item_id = oi.order_item_id
        and r.inventory_item_id = vi.inventory_item_id
        and (r.status in ('committed', 'fulfilled', 'returned')
          or r.status = 'reserved' and r.expires_at > clock_now()))
  order by oi.order_item_id
  limit 1;
  if found then
    raise exception 'the stock of % is not reserved any more', v_sku
      using errcode = 'P0EXP', detail = jsonb_build_object('sku', v_sku)::text;
  end if;

  update inventory_reservations
  set status = 'committed', updated_at = clock_now()
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status = 'reserved';
  get diagnostics v_committed = row_count;
  return v_committed;
end
$$;

comment on function commit_stock(uuid, bigint[]) is
  'Commits the promises of orders; P0EXP if a line is not promised in full any more.';
