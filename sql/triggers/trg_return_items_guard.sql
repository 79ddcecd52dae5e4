-- What comes back: named while the return is requested, received while it is under way, looked at
-- once it is there. Units only grow.
create or replace function trg_return_items_guard()
returns trigger
language plpgsql
as $$
declare
  v_status text;
begin
  select status into v_status
  from returns
  where tenant_id = coalesce(new.tenant_id, old.tenant_id)
    and return_id = coalesce(new.return_id, old.return_id);
  if v_status = 'requested' and (tg_op <> 'UPDATE' or new.received_quantity = 0) then
    return coalesce(new, old);
  end if;
  if tg_op <> 'UPDATE'
    or (new.tenant_id, new.return_item_id, new.return_id, new.order_item_id, new.quantity,
        new.reason)
      is distinct from (old.tenant_id, old.return_item_id, old.return_id, old.order_item_id,
        old.quantity, old.reason)
    or new.received_quantity < old.received_quantity
    or new.restocked_quantity < old.restocked_quantity
    or new.damaged_quantity < old.damaged_quantity
  then
    raise exception 'what comes back does not change once it is decided' using errcode = '42501';
  end if;
  if new.received_quantity > old.received_quantity
    and v_status not in ('approved', 'in_transit', 'partially_received')
    or new.restocked_quantity + new.damaged_quantity
        > old.restocked_quantity + old.damaged_quantity
      and v_status not in ('partially_received', 'received')
  then
    perform refuse_transition('return', v_status, v_status,
      format('nothing is received or put away for a return that is %s', v_status));
  end if;
  return new;
end
$$;

comment on function trg_return_items_guard() is
  'Refuses units of a return at the wrong time (P0STT) and their going back (42501).';

create or replace trigger trg_return_items_guard
before insert or update or delete on return_items
for each row execute function trg_return_items_guard();

create or replace trigger trg_return_items_truncate
before truncate on return_items
for each statement execute function trg_refuse_change();
