-- Tickets that are opened, resolved or opened again are events of the shop; that it happened once
-- more is not.
create or replace function trg_tickets_events()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into shop_events (tenant_id, kind, order_id, subject_id, data)
    select n.tenant_id, 'ticket.opened', n.order_id, n.ticket_id,
      jsonb_build_object('category', n.category, 'severity', n.severity)
    from new_rows as n
    order by n.ticket_id;
    return null;
  end if;
  insert into shop_events (tenant_id, kind, order_id, subject_id, data)
  select n.tenant_id, case n.state when 'open' then 'ticket.opened' else 'ticket.resolved' end,
    n.order_id, n.ticket_id,
    jsonb_build_object('category', n.category, 'severity', n.severity)
  from new_rows as n
  join old_rows as o using (tenant_id, ticket_id)
  where n.state <> o.state
  order by n.ticket_id;
  return null;
end
$$;

comment on function trg_tickets_events() is 'Writes the events of tickets to shop_events.';

create or replace trigger trg_tickets_events_insert
after insert on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_events();

create or replace trigger trg_tickets_events_update
after update on tickets
referencing old table as old_rows new table as new_rows
for each statement execute function trg_tickets_events();
