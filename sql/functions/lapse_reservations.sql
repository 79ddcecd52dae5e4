-- Ends the promises of these items whose time is over. The caller holds the items' levels.
-- Item ids are unique over all shops; naming the tenant as well would let the planner of an empty
-- table take an index that begins with it, and walk all promises of the shop by it ever after.
create or replace function lapse_reservations(p_inventory_item_ids bigint[])
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
    where inventory_item_id = any (p_inventory_item_ids)
      and status = 'reserved'
      and expires_at <= clock_now()
  ) then
    return 0;
  end if;
  update inventory_reservations
  set status = 'expired', released_reason = 'EXPIRED', updated_at = clock_now()
  where inventory_item_id = any (p_inventory_item_ids)
    and status = 'reserved'
    and expires_at <= clock_now();
  get diagnostics v_lapsed = row_count;
  return v_lapsed;
end
$$;

comment on function lapse_reservations(bigint[]) is
  'Ends overdue promises of stock items whose levels the caller holds.';
