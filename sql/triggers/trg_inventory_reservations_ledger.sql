-- Each new promise and each change of one becomes ledger rows, which move the levels.
-- reserved -> committed | released | expired; committed -> fulfilled | released; fulfilled ->
-- returned (restock() says in the ledger where the units came back to). A promise beyond the stock
-- is filled before it is fulfilled. What a promise is for never changes; how much only when units
-- are split off, which moves nothing. A line is never promised more than it needs.
--
-- Our own functions lock the levels and count what a line needs before they come here, below
-- another trigger. For whoever writes promises by hand (depth 1) the need is counted here, and
-- trg_stock_movements_apply locks the levels.
create or replace function trg_inventory_reservations_ledger()
returns trigger
language plpgsql
as $$
declare
  v_from text;
  v_to text;
begin
  if tg_op = 'INSERT' then
    if pg_trigger_depth() < 2 and exists (
      select
      from new_rows as n
      join order_items as oi using (tenant_id, order_id, order_item_id)
      left join variant_inventory_items as vi
        on vi.tenant_id = n.tenant_id
        and vi.variant_id = oi.variant_id
        and vi.inventory_item_id = n.inventory_item_id
      where coalesce((oi.quantity - oi.quantity_cancelled)::bigint * vi.required_quantity, 0) < (
        select sum(r.quantity)
        from inventory_reservations as r
        where r.tenant_id = n.tenant_id
          and r.order_id = n.order_id
          and r.order_item_id = n.order_item_id
          and r.inventory_item_id = n.inventory_item_id
          and r.status not in ('released', 'expired'))
    ) then
      raise exception 'a line is not promised more than it needs'
        using errcode = '23514', constraint = 'inventory_reservations_quantity_check';
    end if;
    insert into stock_movements (
      tenant_id, inventory_item_id, location_id, kind, reserved_delta, backordered_delta, order_id,
      reservation_id, actor)
    select tenant_id, inventory_item_id, location_id, 'reserved', quantity,
      case when is_backordered then quantity else 0 end, order_id, reservation_id, current_actor()
    from new_rows
    where split_from is null;
    return null;
  end if;

  select o.status, n.status into v_from, v_to
  from new_rows as n
  left join old_rows as o using (tenant_id, reservation_id)
  where n.status is distinct from o.status
    and (o.status, n.status) not in (
      ('reserved', 'committed'), ('reserved', 'released'), ('reserved', 'expired'),
      ('committed', 'fulfilled'), ('committed', 'released'), ('fulfilled', 'returned'))
    or o.status is null
    or n.order_id <> o.order_id
    or n.order_item_id <> o.order_item_id
    or n.inventory_item_id <> o.inventory_item_id
    or n.location_id <> o.location_id
    or n.split_from is distinct from o.split_from
    or n.is_backordered <> o.is_backordered and (n.is_backordered or n.status <> o.status)
    or n.quantity <> o.quantity and pg_trigger_depth() < 2
  limit 1;
  if found then
    if v_from is distinct from v_to and v_from is not null then
      perform refuse_transition('reservation', v_from, v_to,
        format('a reservation that is %s can not become %s', v_from, v_to));
    end if;
    raise exception 'what a reservation is for does not change; release it' using errcode = '42501';
  end if;

  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, reserved_delta,
    allocated_delta, backordered_delta, order_id, reservation_id, fulfillment_id, reason, actor)
  select
    n.tenant_id,
    n.inventory_item_id,
    n.location_id,
    case
      when n.status = o.status then 'backorder_filled'
      when n.status = 'committed' then 'allocated'
      when n.status = 'fulfilled' then 'shipped'
      when n.status = 'expired' then 'reservation_expired'
      when o.status = 'committed' then 'deallocated'
      else 'reservation_released'
    end,
    case when n.status = 'fulfilled' then -n.quantity else 0 end,
    case when o.status = 'reserved' and n.status <> 'reserved' then -n.quantity else 0 end,
    case when n.status = o.status then 0
      when n.status = 'committed' then n.quantity
      when o.status = 'committed' then -n.quantity
      else 0 end,
    case when o.is_backordered and n.status <> 'committed' or o.is_backordered > n.is_backordered
      then -n.quantity else 0 end,
    n.order_id,
    n.reservation_id,
    n.fulfillment_id,
    n.released_reason,
    current_actor()
  from new_rows as n
  join old_rows as o using (tenant_id, reservation_id)
  where (n.status <> o.status or n.is_backordered <> o.is_backordered)
    and n.status <> 'returned';
  return null;
end
$$;

comment on function trg_inventory_reservations_ledger() is
  'Writes changes of promises to the ledger and refuses illegal ones (P0STT, 42501).';

create or replace trigger trg_inventory_reservations_insert
after insert on inventory_reservations
referencing new table as new_rows
for each statement execute function trg_inventory_reservations_ledger();

create or replace trigger trg_inventory_reservations_update
after update on inventory_reservations
referencing old table as old_rows new table as new_rows
for each statement execute function trg_inventory_reservations_ledger();

create or replace trigger trg_inventory_reservations_delete
before delete or truncate on inventory_reservations
for each statement execute function trg_refuse_change();
