-- Each new promise and each change of one becomes ledger rows, which move the levels.
-- reserved -> committed | released | expired; committed -> fulfilled | released; fulfilled ->
-- returned (restock() says in the ledger where the units came back to). What a promise is for
-- never changes; how much only when units are split off, which moves nothing. A line is never
-- promised more than it needs.
--
-- Our own functions lock the levels and count what a line needs before they come here, below
-- another trigger. For whoever writes promises by hand (depth 1) both is done here.
create or replace function trg_inventory_reservations_ledger()
returns trigger
language plpgsql
as $$
declare
  v_from text;
  v_to text;
  v_split integer;
begin
  if tg_op = 'INSERT' then
    if exists (select from new_rows where status <> 'reserved' and split_from is null) then
      raise exception 'a reservation starts reserved' using errcode = 'P0STT';
    end if;
    update inventory_reservations as r
    set quantity = r.quantity - n.quantity
    from new_rows as n
    where n.split_from is not null
      and r.tenant_id = n.tenant_id
      and r.reservation_id = n.split_from
      and r.status = n.status
      and (r.order_id, r.order_item_id, r.inventory_item_id, r.location_id, r.expires_at)
        = (n.order_id, n.order_item_id, n.inventory_item_id, n.location_id, n.expires_at);
    get diagnostics v_split = row_count;
    if v_split <> (select count(*) from new_rows where split_from is not null) then
      raise exception 'a reservation is split into parts of the same, one part at a time'
        using errcode = '42501';
    end if;
    if exists (
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
      tenant_id, inventory_item_id, location_id, kind, reserved_delta, order_id, reservation_id,
      actor)
    select tenant_id, inventory_item_id, location_id, 'reserved', quantity, order_id,
      reservation_id, current_actor()
    from new_rows
    where split_from is null;
    return null;
  end if;

  if (select count(*) from new_rows) <> (
    select count(*)
    from new_rows as n
    join old_rows as o using (
      tenant_id, reservation_id, order_id, order_item_id, inventory_item_id, location_id)
    where (n.quantity = o.quantity or pg_trigger_depth() > 1)
      and n.split_from is not distinct from o.split_from
  ) then
    raise exception 'what a reservation is for does not change; release it' using errcode = '42501';
  end if;
  select o.status, n.status into v_from, v_to
  from new_rows as n
  join old_rows as o using (tenant_id, reservation_id)
  where n.status <> o.status
    and (o.status, n.status) not in (
      ('reserved', 'committed'), ('reserved', 'released'), ('reserved', 'expired'),
      ('committed', 'fulfilled'), ('committed', 'released'), ('fulfilled', 'returned'))
  limit 1;
  if found then
    perform refuse_transition('reservation', v_from, v_to,
      format('a reservation that is %s can not become %s', v_from, v_to));
  end if;

  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, reserved_delta,
    allocated_delta, order_id, reservation_id, fulfillment_id, reason, actor)
  select
    n.tenant_id,
    n.inventory_item_id,
    n.location_id,
    case n.status
      when 'committed' then 'allocated'
      when 'fulfilled' then 'shipped'
      when 'expired' then 'reservation_expired'
      else case o.status when 'committed' then 'deallocated' else 'reservation_released' end
    end,
    case n.status when 'fulfilled' then -n.quantity else 0 end,
    case o.status when 'reserved' then -n.quantity else 0 end,
    case when n.status = 'committed' then n.quantity
      when o.status = 'committed' then -n.quantity else 0 end,
    n.order_id,
    n.reservation_id,
    n.fulfillment_id,
    n.released_reason,
    current_actor()
  from new_rows as n
  join old_rows as o using (tenant_id, reservation_id)
  where n.status <> o.status
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
