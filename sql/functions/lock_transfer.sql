-- Locks a transfer, and the levels of its items at both ends (made empty where there are none) in
-- their total order. P0NOF.
create or replace function lock_transfer(p_tenant uuid, p_transfer_id bigint)
returns stock_transfers
language plpgsql volatile
as $$
declare
  v_transfer stock_transfers;
  v_items bigint[];
begin
  select * into v_transfer
  from stock_transfers
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id
  for no key update;
  if not found then
    raise exception 'there is no transfer %', p_transfer_id using errcode = 'P0NOF';
  end if;
  select array_agg(inventory_item_id) into v_items
  from stock_transfer_items
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id;
  insert into inventory_levels (tenant_id, inventory_item_id, location_id)
  select p_tenant, item_id, location_id
  from unnest(v_items) as item_id
  cross join unnest(array[v_transfer.from_location_id, v_transfer.to_location_id]) as location_id
  order by item_id, location_id
  on conflict on constraint inventory_levels_pkey do nothing;
  perform lock_levels(p_tenant, v_items);
  return v_transfer;
end
$$;

comment on function lock_transfer(uuid, bigint) is
  'Locks a transfer and the levels it moves, in their total order; P0NOF.';
