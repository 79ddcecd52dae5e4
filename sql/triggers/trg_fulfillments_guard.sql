-- What a fulfilment may be: legal states, an order that lets it, columns that do not change.
create or replace function trg_fulfillments_guard()
returns trigger
language plpgsql
as $$
declare
  v_order_status text;
begin
  if tg_op = 'INSERT' then
    select order_status into v_order_status
    from orders
    where tenant_id = new.tenant_id
      and order_id = new.order_id;
    if new.status <> 'pending' then
      perform refuse_transition('fulfillment', null, new.status);
    end if;
    if v_order_status not in ('confirmed', 'processing', 'picking', 'packed', 'partially_shipped')
    then
      perform refuse_transition('fulfillment', null, new.status,
        format('an order that is %s is not fulfilled', v_order_status));
    end if;
    return new;
  end if;

  if (new.tenant_id, new.fulfillment_id, new.order_id, new.provider_code, new.reference)
    is distinct from
    (old.tenant_id, old.fulfillment_id, old.order_id, old.provider_code, old.reference)
  then
    raise exception 'order, provider and reference of a fulfilment do not change'
      using errcode = '42501';
  end if;
  new.updated_at := clock_now();
  if new.status = old.status then
    return new;
  end if;
  if not exists (
    select
    from order_state_transitions
    where axis = 'fulfillment'
      and from_status = old.status
      and to_status = new.status
  ) then
    perform refuse_transition('fulfillment', old.status, new.status);
  end if;
  if new.awaits_stock and new.status not in ('on_hold', 'pending', 'cancelled') then
    perform refuse_transition('fulfillment', old.status, new.status,
      'its goods are promised beyond the stock and have not arrived yet');
  end if;
  if new.status in ('submitted', 'picking') then
    -- A cancel that comes first wins, one that comes later is refused: both lock the order.
    v_order_status := lock_order(new.tenant_id, new.order_id);
    if v_order_status not in ('confirmed', 'processing', 'picking', 'packed',
      'partially_shipped', 'shipped', 'partially_delivered')
    then
      perform refuse_transition('fulfillment', old.status, new.status,
        format('an order that is %s is not fulfilled', v_order_status));
    end if;
  end if;

  new.status_since := clock_now();
  case new.status
    when 'submitted' then new.submitted_at := coalesce(new.submitted_at, clock_now());
    when 'shipped' then new.shipped_at := clock_now();
    when 'delivered' then
      new.delivered_at := clock_now();
      new.lookup_first := false;
    when 'cancelled' then new.cancelled_at := clock_now();
    else null;
  end case;
  return new;
end
$$;

comment on function trg_fulfillments_guard() is
  'Refuses illegal states of a fulfilment (P0STT) and changes of its fixed columns (42501).';

create or replace trigger trg_fulfillments_guard
before insert or update on fulfillments
for each row execute function trg_fulfillments_guard();

create or replace trigger trg_fulfillments_delete
before delete or truncate on fulfillments
for each statement execute function trg_refuse_change();
