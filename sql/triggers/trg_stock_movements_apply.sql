-- The ledger moves the levels: one sorted lock and one update per statement, however many rows.
-- The kinds that mirror a promise come from trg_inventory_reservations_ledger alone, else levels
-- and promises would drift apart; the others are facts that anybody may write.
create or replace function trg_stock_movements_apply()
returns trigger
language plpgsql
as $$
begin
  if pg_trigger_depth() < 2
    and exists (select from new_rows where reserved_delta <> 0 or allocated_delta <> 0)
  then
    raise exception 'movements of promised stock are written by inventory_reservations'
      using errcode = '42501';
  end if;
  perform
  from inventory_levels as l
  where (l.tenant_id, l.inventory_item_id, l.location_id) in (
    select tenant_id, inventory_item_id, location_id
    from new_rows)
  order by l.tenant_id, l.inventory_item_id, l.location_id
  for no key update;
  update inventory_levels as l
  set
    on_hand = l.on_hand + d.on_hand,
    reserved = l.reserved + d.reserved,
    allocated = l.allocated + d.allocated,
    incoming = l.incoming + d.incoming,
    damaged = l.damaged + d.damaged,
    version = l.version + 1,
    updated_at = clock_now()
  from (
    select
      tenant_id,
      inventory_item_id,
      location_id,
      sum(on_hand_delta) as on_hand,
      sum(reserved_delta) as reserved,
      sum(allocated_delta) as allocated,
      sum(incoming_delta) as incoming,
      sum(damaged_delta) as damaged
    from new_rows
    group by tenant_id, inventory_item_id, location_id
  ) as d
  where l.tenant_id = d.tenant_id
    and l.inventory_item_id = d.inventory_item_id
    and l.location_id = d.location_id;
  return null;
end
$$;

comment on function trg_stock_movements_apply() is 'Applies new ledger rows to inventory_levels.';

create or replace trigger trg_stock_movements_apply
after insert on stock_movements
referencing new table as new_rows
for each statement execute function trg_stock_movements_apply();
