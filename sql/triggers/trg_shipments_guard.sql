-- What a shipment may be: legal states that never lead back, columns that do not change.
create or replace function trg_shipments_guard()
returns trigger
language plpgsql
as $$
declare
  v_fulfillment_status text;
begin
  if tg_op = 'INSERT' then
    if new.status <> 'pending' then
      perform refuse_transition('shipment', null, new.status);
    end if;
    new.rank := 0;
    select status into v_fulfillment_status
    from fulfillments
    where tenant_id = new.tenant_id
      and fulfillment_id = new.fulfillment_id;
    if v_fulfillment_status in ('delivered', 'returned', 'cancelled') then
      perform refuse_transition('shipment', null, new.status,
        format('a fulfilment that is %s is not shipped', v_fulfillment_status));
    end if;
    return new;
  end if;

  if (new.tenant_id, new.shipment_id, new.order_id, new.fulfillment_id, new.carrier_code)
    is distinct from
    (old.tenant_id, old.shipment_id, old.order_id, old.fulfillment_id, old.carrier_code)
    or old.tracking_number is not null and new.tracking_number is distinct from old.tracking_number
  then
    raise exception 'fulfilment, carrier and tracking number of a shipment do not change'
      using errcode = '42501';
  end if;
  new.updated_at := clock_now();
  new.rank := old.rank;
  if new.status = old.status then
    return new;
  end if;
  new.rank := coalesce(shipment_rank(new.status), old.rank);
  if new.rank < old.rank
    or new.status = 'cancelled' and old.rank >= shipment_rank('in_transit')
    or not exists (
      select
      from order_state_transitions
      where axis = 'shipment'
        and from_status = old.status
        and to_status = new.status)
  then
    perform refuse_transition('shipment', old.status, new.status);
  end if;

  new.status_since := clock_now();
  if new.rank >= shipment_rank('in_transit') and new.status <> 'expired' then
    new.shipped_at := coalesce(new.shipped_at, clock_now());
  end if;
  if new.status = 'delivered' then
    new.delivered_at := coalesce(new.delivered_at, clock_now());
  end if;
  return new;
end
$$;

comment on function trg_shipments_guard() is
  'Refuses illegal and backward states of a shipment (P0STT), and changes of what it is (42501).';

create or replace trigger trg_shipments_guard
before insert or update on shipments
for each row execute function trg_shipments_guard();

create or replace trigger trg_shipments_delete
before delete or truncate on shipments
for each statement execute function trg_refuse_change();
