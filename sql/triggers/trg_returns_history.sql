-- One history row per change of state on the return axis, whoever makes it, with how long the last
-- state held.
create or replace function trg_returns_history()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into order_state_history (
      tenant_id, order_id, return_id, axis, from_status, to_status, changed_by, reason)
    select tenant_id, order_id, return_id, 'return', null, status, current_actor(),
      current_reason()
    from new_rows
    order by return_id;
    return null;
  end if;
  insert into order_state_history (
    tenant_id, order_id, return_id, axis, from_status, to_status, changed_by, reason, held_ms)
  select n.tenant_id, n.order_id, n.return_id, 'return', o.status, n.status,
    current_actor(), current_reason(), elapsed_ms(o.status_since)
  from new_rows as n
  join old_rows as o using (tenant_id, return_id)
  where n.status <> o.status
  order by n.return_id;
  return null;
end
$$;

comment on function trg_returns_history() is 'Writes order_state_history for returns.';

create or replace trigger trg_returns_history_insert
after insert on returns
referencing new table as new_rows
for each statement execute function trg_returns_history();

create or replace trigger trg_returns_history_update
after update on returns
referencing old table as old_rows new table as new_rows
for each statement execute function trg_returns_history();
