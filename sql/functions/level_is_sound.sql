-- What holds for every level of stock by itself: the check of inventory_levels. Why a function,
-- order_is_sound() says.
create or replace function level_is_sound(l inventory_levels)
returns boolean
language plpgsql immutable
parallel safe
as $$
declare
  v_broken constant text := case
    when l.on_hand < 0 then 'inventory_levels_on_hand_check'
    when l.reserved < 0 then 'inventory_levels_reserved_check'
    when l.allocated < 0 then 'inventory_levels_allocated_check'
    when least(l.incoming, l.damaged, l.safety_stock, l.backordered, l.backorder_limit,
        l.preorder_limit, l.low_stock_threshold, l.reserved + l.allocated - l.backordered) < 0
      then 'inventory_levels_counts_check'
    when length(concat(l.zone, l.bin)) > 80 then 'inventory_levels_place_check'
  end;
begin
  if v_broken is not null then
    perform refuse_row('inventory_levels', v_broken);
  end if;
  return true;
end
$$;

comment on function level_is_sound(inventory_levels) is
  'The check of inventory_levels: true, or 23514 with the rule that is broken.';
