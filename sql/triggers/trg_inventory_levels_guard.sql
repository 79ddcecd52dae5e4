-- Levels follow the ledger and nobody else, start empty, and never promise more than there is
-- beyond the safety stock. What a shop decides of a level (its safety stock) it may change freely.
-- A correction that finds fewer units than promised is a fact and goes through; then no promise
-- may grow until it is covered again.
create or replace function trg_inventory_levels_guard()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    if (new.on_hand, new.reserved, new.allocated, new.incoming, new.damaged) <> (0, 0, 0, 0, 0) then
      raise exception 'a level starts empty; receive stock with sp_receive_stock()'
        using errcode = '42501';
    end if;
    return new;
  end if;
  if pg_trigger_depth() < 2 and (
    new.on_hand, new.reserved, new.allocated, new.incoming, new.damaged, new.version)
    is distinct from (
    old.on_hand, old.reserved, old.allocated, old.incoming, old.damaged, old.version)
  then
    raise exception 'inventory_levels is written only through stock_movements'
      using errcode = '42501';
  end if;
  if new.reserved + new.allocated > old.reserved + old.allocated
    and new.reserved + new.allocated > new.on_hand - new.safety_stock
  then
    raise exception 'not enough stock of item % at location %',
        new.inventory_item_id, new.location_id
      using errcode = 'P0INV', detail = (
        select jsonb_build_array(jsonb_build_object(
          'sku', i.sku,
          'requested', new.reserved + new.allocated - old.reserved - old.allocated,
          'available', greatest(0,
            old.on_hand - old.safety_stock - old.reserved - old.allocated)))::text
        from inventory_items as i
        where i.tenant_id = new.tenant_id
          and i.inventory_item_id = new.inventory_item_id);
  end if;
  return new;
end
$$;

comment on function trg_inventory_levels_guard() is
  'Refuses writers other than the ledger (42501) and promises beyond the stock (P0INV).';

create or replace trigger trg_inventory_levels_guard
before insert or update on inventory_levels
for each row execute function trg_inventory_levels_guard();
