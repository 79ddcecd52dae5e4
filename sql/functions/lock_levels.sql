-- Locks all levels of these stock items, in the one order that everybody locks them in, so that two
-- orders with the same items in opposite order wait for each other instead of deadlocking.
-- The lock is NO KEY UPDATE: foreign keys to a level stay checkable meanwhile.
create or replace function lock_levels(p_tenant uuid, p_inventory_item_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  perform
  from inventory_levels
  where tenant_id = p_tenant
    and inventory_item_id = any (p_inventory_item_ids)
  order by inventory_item_id, location_id
  for no key update;
end
$$;

comment on function lock_levels(uuid, bigint[]) is
  'Locks the levels of stock items in their total order (item, location).';
