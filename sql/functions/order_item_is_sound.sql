-- What holds for every line of an order by itself: the check of order_items. Why a function,
-- order_is_sound() says.
create or replace function order_item_is_sound(i order_items)
returns boolean
language plpgsql immutable
parallel safe
as $$
declare
  v_broken constant text := case
    when i.line_number < 1 then 'order_items_line_number_check'
    when i.quantity < 1 then 'order_items_quantity_check'
    when i.unit_price < 0 then 'order_items_unit_price_check'
    when i.total_price <> i.unit_price * (i.quantity - i.quantity_cancelled)
      then 'order_items_total_price_check'
    -- Each unit goes from ordered to fulfilled, shipped, and from there to delivered or back.
    when least(i.quantity_cancelled, i.quantity_delivered, i.quantity_returned) < 0
      or i.quantity_cancelled + i.quantity_fulfilled > i.quantity
      or i.quantity_shipped > i.quantity_fulfilled
      or greatest(i.quantity_delivered, i.quantity_returned) > i.quantity_shipped
      then 'order_items_units_check'
    when length(i.recipient_phone) not between 7 and 20 then 'order_items_recipient_phone_check'
  end;
begin
  if v_broken is not null then
    perform refuse_row('order_items', v_broken);
  end if;
  return true;
end
$$;

comment on function order_item_is_sound(order_items) is
  'The check of order_items: true, or 23514 with the rule that is broken.';
