-- Ends the promises of these items whose time is over. The caller holds the items' levels.
create or replace function lapse_reservations(p_tenant uuid, p_inventory_item_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_lapsed integer;
begin
  -- Looking first is cheaper than an update that fires triggers for nothing.
  if not exists (
    select
    from inventory_reservations
    where tenant_id = p_tenant
      and inventory_item_id = any (p_inventory_item_ids)
      and status = 'reserved'
      and expires_at <= clock_now()
  ) then
    return 0;
  end if;
  update inventory_reservations
  set status = 'expired', released_reason = 'EXPIRED', updated_at = clock_now()
  where tenant_id = p_tenant
    and inventory_item_id = any (p_inventory_item_ids)
    and status = 'reserved'
    and expires_at <= clock_now();
  get diagnostics v_lapsed = row_count;
  return v_lapsed;
end
$$;

comment on function lapse_reservations(uuid, bigint[]) is
  'Ends overdue promises of stock items whose levels the caller holds.';
