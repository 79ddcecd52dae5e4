-- Which parcels are followed, and when: one that gets its number, or moves, is asked for after the
-- time that fits its new state, whoever told of it; one that has come to its end no more.
create or replace function trg_shipments_follow()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    delete from tracking_schedule as t
    using new_rows as n
    where t.tenant_id = n.tenant_id
      and t.shipment_id = n.shipment_id
      and n.status in ('delivered', 'returned', 'cancelled', 'expired');
    update tracking_schedule as t
    set
      next_poll_at = clock_now() + poll_interval(
        n.status, interval '0', n.estimated_delivery_at - clock_now()),
      news_at = clock_now(),
      failures = 0
    from new_rows as n
    join old_rows as o using (tenant_id, shipment_id)
    where n.status <> o.status
      and t.tenant_id = n.tenant_id
      and t.shipment_id = n.shipment_id;
    insert into tracking_schedule (
      tenant_id, shipment_id, carrier_code, tracking_number, next_poll_at)
    select n.tenant_id, n.shipment_id, n.carrier_code, n.tracking_number,
      clock_now() + poll_interval(
        n.status, interval '0', n.estimated_delivery_at - clock_now())
    from new_rows as n
    join old_rows as o using (tenant_id, shipment_id)
    where n.tracking_number is not null
      and o.tracking_number is null
      and n.status not in ('delivered', 'returned', 'cancelled', 'expired')
    on conflict do nothing;
    return null;
  end if;
  insert into tracking_schedule (
    tenant_id, shipment_id, carrier_code, tracking_number, next_poll_at)
  select tenant_id, shipment_id, carrier_code, tracking_number,
    clock_now() + poll_interval(status, interval '0', estimated_delivery_at - clock_now())
  from new_rows
  where tracking_number is not null
  on conflict do nothing;
  return null;
end
$$;

comment on function trg_shipments_follow() is 'Keeps tracking_schedule: who is asked for and when.';

create or replace trigger trg_shipments_3_follow_insert
after insert on shipments
referencing new table as new_rows
for each statement execute function trg_shipments_follow();

create or replace trigger trg_shipments_3_follow_update
after update on shipments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_shipments_follow();
