-- One history row per change of state on the fulfilment axis, whoever makes it, with how long the
-- last state held.
create or replace function trg_fulfillments_history()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into order_state_history (
      tenant_id, order_id, fulfillment_id, axis, from_status, to_status, changed_by, reason)
    select tenant_id, order_id, fulfillment_id, 'fulfillment', null, status, current_actor(),
      current_reason()
    from new_rows
    order by fulfillment_id;
    return null;
  end if;
  insert into order_state_history (
    tenant_id, order_id, fulfillment_id, axis, from_status, to_status, changed_by, reason, held_ms)
  select n.tenant_id, n.order_id, n.fulfillment_id, 'fulfillment', o.status, n.status,
    current_actor(), current_reason(), elapsed_ms(coalesce(o.status_since, o.updated_at))
  from new_rows as n
  join old_rows as o using (tenant_id, fulfillment_id)
  where n.status <> o.status
  order by n.fulfillment_id;
  return null;
end
$$;

comment on function trg_fulfillments_history() is 'Writes order_state_history for fulfilments.';

create or replace trigger trg_fulfillments_1_history_insert
after insert on fulfillments
referencing new table as new_rows
for each statement execute function trg_fulfillments_history();

create or replace trigger trg_fulfillments_1_history_update
after update on fulfillments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_fulfillments_history();
