-- How a promise begins: reserved, or split off another one, which is that much smaller then. The
-- condition of the trigger spares the promises of a new order the call.
create or replace function trg_inventory_reservations_guard()
returns trigger
language plpgsql
as $$
begin
  if new.split_from is null then
    raise exception 'a reservation starts reserved' using errcode = 'P0STT';
  end if;
  update inventory_reservations
  set quantity = quantity - new.quantity
  where tenant_id = new.tenant_id
    and reservation_id = new.split_from
    and status = new.status
    and is_backordered = new.is_backordered
    and (order_id, order_item_id, inventory_item_id, location_id, expires_at)
      = (new.order_id, new.order_item_id, new.inventory_item_id, new.location_id, new.expires_at);
  if not found then
    raise exception 'a reservation is split into parts of the same' using errcode = '42501';
  end if;
  return new;
end
$$;

comment on function trg_inventory_reservations_guard() is
  'A promise begins reserved (P0STT), or split off one of the same (42501).';

create or replace trigger trg_inventory_reservations_guard
before insert on inventory_reservations
for each row
when (new.status <> 'reserved' or new.split_from is not null)
execute function trg_inventory_reservations_guard();
