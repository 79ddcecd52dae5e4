-- A level knows its item's threshold, so that a movement sees a crossing without a look-up: who
-- changes the one changes the other. Levels are locked in their total order.
create or replace function trg_inventory_items_threshold()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select n.tenant_id, array_agg(n.inventory_item_id) as items
    from new_rows as n
    join old_rows as o using (tenant_id, inventory_item_id)
    where n.low_stock_threshold <> o.low_stock_threshold
    group by n.tenant_id
    order by n.tenant_id
  loop
    perform lock_levels(v_group.tenant_id, v_group.items);
    update inventory_levels as l
    set low_stock_threshold = n.low_stock_threshold
    from new_rows as n
    where l.tenant_id = v_group.tenant_id
      and l.inventory_item_id = any (v_group.items)
      and n.tenant_id = l.tenant_id
      and n.inventory_item_id = l.inventory_item_id;
  end loop;
  return null;
end
$$;

comment on function trg_inventory_items_threshold() is
  'Copies a changed low-stock threshold to the levels of its item.';

create or replace trigger trg_inventory_items_threshold
after update on inventory_items
referencing old table as old_rows new table as new_rows
for each statement execute function trg_inventory_items_threshold();
