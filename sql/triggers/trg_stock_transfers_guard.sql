-- What a transfer may be: legal states, ends that do not change. Its lines are fixed once it left,
-- but for how much arrived.
create or replace function trg_stock_transfers_guard()
returns trigger
language plpgsql
as $$
declare
  v_status text;
begin
  if tg_table_name = 'stock_transfer_items' then
    select status into v_status
    from stock_transfers
    where tenant_id = coalesce(new.tenant_id, old.tenant_id)
      and transfer_id = coalesce(new.transfer_id, old.transfer_id);
    if v_status <> 'draft' and (tg_op <> 'UPDATE' or v_status <> 'shipped'
      or (new.transfer_id, new.inventory_item_id, new.quantity)
        <> (old.transfer_id, old.inventory_item_id, old.quantity)
      or new.received_quantity < old.received_quantity)
    then
      raise exception 'what a transfer carries does not change once it left'
        using errcode = '42501';
    end if;
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' then
    if new.status <> 'draft' then
      perform refuse_transition('transfer', null, new.status);
    end if;
    return new;
  end if;
  if (new.tenant_id, new.transfer_id, new.from_location_id, new.to_location_id)
    <> (old.tenant_id, old.transfer_id, old.from_location_id, old.to_location_id)
  then
    raise exception 'the ends of a transfer do not change' using errcode = '42501';
  end if;
  if new.status <> old.status and (old.status, new.status) not in (
    ('draft', 'shipped'), ('draft', 'cancelled'), ('shipped', 'received'))
  then
    perform refuse_transition('transfer', old.status, new.status);
  end if;
  if new.status = 'shipped' then
    new.shipped_at := coalesce(old.shipped_at, clock_now());
  elsif new.status = 'received' then
    new.received_at := coalesce(old.received_at, clock_now());
  end if;
  return new;
end
$$;

comment on function trg_stock_transfers_guard() is
  'Refuses illegal states of a transfer (P0STT) and changes of what it carries (42501).';

create or replace trigger trg_stock_transfers_guard
before insert or update on stock_transfers
for each row execute function trg_stock_transfers_guard();

create or replace trigger trg_stock_transfer_items_guard
before insert or update or delete on stock_transfer_items
for each row execute function trg_stock_transfers_guard();

create or replace trigger trg_stock_transfers_delete
before delete or truncate on stock_transfers
for each statement execute function trg_refuse_change();
