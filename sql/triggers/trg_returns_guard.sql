-- What a return may be: legal states, a number, columns that do not change; received only when all
-- of it is there, inspected only when all of it was looked at.
create or replace function trg_returns_guard()
returns trigger
language plpgsql
as $$
declare
  v_order_status text;
  v_open bigint;
begin
  if tg_op = 'INSERT' then
    if new.status <> 'requested' then
      perform refuse_transition('return', null, new.status);
    end if;
    v_order_status := lock_order(new.tenant_id, new.order_id);
    if v_order_status not in ('partially_shipped', 'shipped', 'partially_delivered', 'delivered',
      'completed', 'partially_returned')
    then
      perform refuse_transition('return', null, new.status,
        format('nothing comes back of an order that is %s', v_order_status));
    end if;
    new.rma_number := coalesce(new.rma_number, format('RMA-%s-%s',
      to_char(new.created_at at time zone 'UTC', 'YYYYMMDD'),
      lpad(new.return_id::text, greatest(5, length(new.return_id::text)), '0')));
    return new;
  end if;

  if (new.tenant_id, new.return_id, new.order_id, new.rma_number)
    is distinct from (old.tenant_id, old.return_id, old.order_id, old.rma_number)
  then
    raise exception 'order and number of a return do not change' using errcode = '42501';
  end if;
  new.updated_at := clock_now();
  if new.status = old.status then
    return new;
  end if;
  if not exists (
    select
    from order_state_transitions
    where axis = 'return'
      and from_status = old.status
      and to_status = new.status
  ) then
    perform refuse_transition('return', old.status, new.status);
  end if;
  if new.status in ('received', 'inspected') then
    select sum(quantity - case new.status when 'received' then received_quantity
      else restocked_quantity + damaged_quantity + quantity - received_quantity end)
    into v_open
    from return_items
    where tenant_id = new.tenant_id
      and return_id = new.return_id;
    if v_open <> 0 then
      perform refuse_transition('return', old.status, new.status, format(
        case new.status when 'received' then '%s units of the return are not there yet'
          else '%s units of the return were not looked at yet' end, v_open));
    end if;
  elsif new.status = 'exchanged' and new.exchange_order_id is null then
    perform refuse_transition('return', old.status, new.status,
      'an exchange needs the order that takes the place');
  end if;

  new.status_since := clock_now();
  case new.status
    when 'approved' then new.approved_at := clock_now();
    when 'received' then new.received_at := clock_now();
    when 'inspected' then new.inspected_at := clock_now();
    else null;
  end case;
  if new.status in ('rejected', 'cancelled', 'expired', 'lost', 'refunded', 'exchanged') then
    new.closed_at := clock_now();
  end if;
  return new;
end
$$;

comment on function trg_returns_guard() is
  'Refuses illegal states of a return (P0STT) and changes of its fixed columns (42501).';

create or replace trigger trg_returns_guard
before insert or update on returns
for each row execute function trg_returns_guard();

create or replace trigger trg_returns_delete
before delete or truncate on returns
for each statement execute function trg_refuse_change();
