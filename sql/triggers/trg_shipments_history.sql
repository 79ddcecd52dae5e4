-- One history row per change of state on the shipment axis, whoever makes it, with how long the
-- last state held.
create or replace function trg_shipments_history()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into order_state_history (
      tenant_id, order_id, shipment_id, axis, from_status, to_status, changed_by, reason)
    select tenant_id, order_id, shipment_id, 'shipment', null, status, current_actor(),
      current_reason()
    from new_rows
    order by shipment_id;
    return null;
  end if;
  insert into order_state_history (
    tenant_id, order_id, shipment_id, axis, from_status, to_status, changed_by, reason, held_ms)
  select n.tenant_id, n.order_id, n.shipment_id, 'shipment', o.status, n.status,
    current_actor(), current_reason(), elapsed_ms(o.status_since)
  from new_rows as n
  join old_rows as o using (tenant_id, shipment_id)
  where n.status <> o.status
  order by n.shipment_id;
  return null;
end
$$;

comment on function trg_shipments_history() is 'Writes order_state_history for shipments.';

create or replace trigger trg_shipments_1_history_insert
after insert on shipments
referencing new table as new_rows
for each statement execute function trg_shipments_history();

create or replace trigger trg_shipments_1_history_update
after update on shipments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_shipments_history();
