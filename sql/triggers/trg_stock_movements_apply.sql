-- The ledger moves the levels: one update per statement, however many rows. The kinds that mirror a
-- promise come from trg_inventory_reservations_ledger alone, else levels and promises would drift
-- apart; the others are facts that anybody may write.
--
-- Our own functions hold the levels when they come here, two triggers deep or more; for everybody
-- else the levels are locked in their total order first. What a movement sets off is seen in the
-- levels themselves: stock that becomes low alerts, units that are free for somebody who waits for
-- them enqueue the filling of backorders, units where there were none are told to who waits for
-- word. Nothing is looked up when none of it is so.
create or replace function trg_stock_movements_apply()
returns trigger
language plpgsql
as $$
declare
  v_is_lost boolean;
  v_low inventory_levels[];
  v_awaited inventory_levels[];
  v_back inventory_levels[];
begin
  if pg_trigger_depth() < 3 then
    if pg_trigger_depth() < 2 and exists (
      select
      from new_rows
      where reserved_delta <> 0 or allocated_delta <> 0 or backordered_delta <> 0
    ) then
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
  end if;

  with moves as (
    select
      tenant_id,
      inventory_item_id,
      location_id,
      sum(on_hand_delta)::bigint as on_hand,
      sum(reserved_delta)::bigint as reserved,
      sum(allocated_delta)::bigint as allocated,
      sum(incoming_delta)::bigint as incoming,
      sum(damaged_delta)::bigint as damaged,
      sum(backordered_delta)::bigint as backordered
    from new_rows
    group by tenant_id, inventory_item_id, location_id
  ),
  moved as (
    update inventory_levels as l
    set
      on_hand = l.on_hand + m.on_hand,
      reserved = l.reserved + m.reserved,
      allocated = l.allocated + m.allocated,
      incoming = l.incoming + m.incoming,
      damaged = l.damaged + m.damaged,
      backordered = l.backordered + m.backordered,
      version = l.version + 1,
      updated_at = clock_now()
    from moves as m
    where l.tenant_id = m.tenant_id
      and l.inventory_item_id = m.inventory_item_id
      and l.location_id = m.location_id
    returning
      l as level,
      l.available <= l.low_stock_threshold
        and l.available - (m.on_hand - m.reserved - m.allocated) > l.low_stock_threshold as is_low,
      l.backordered > 0
        and m.on_hand - m.reserved - m.allocated + m.backordered > 0
        and l.available - l.safety_stock + l.backordered > 0 as is_awaited,
      l.available - l.safety_stock > 0
        and l.available - l.safety_stock - (m.on_hand - m.reserved - m.allocated) <= 0 as is_back
  )
  select
    count(*) < (select count(*) from moves),
    array_agg(level) filter (where is_low),
    array_agg(level) filter (where is_awaited),
    array_agg(level) filter (where is_back)
  into v_is_lost, v_low, v_awaited, v_back
  from moved;
  if v_is_lost then
    raise exception 'stock moves where the item has a level'
      using errcode = '23503', table = 'stock_movements', constraint = 'stock_movements_level_fkey';
  end if;
  if v_low is not null then
    perform alert_low_stock(v_low);
  end if;
  if v_awaited is not null then
    perform enqueue_backorder_filling(v_awaited);
  end if;
  if v_back is not null then
    perform tell_back_in_stock(v_back);
  end if;
  return null;
end
$$;

comment on function trg_stock_movements_apply() is 'Applies new ledger rows to inventory_levels.';

create or replace trigger trg_stock_movements_apply
after insert on stock_movements
referencing new table as new_rows
for each statement execute function trg_stock_movements_apply();
