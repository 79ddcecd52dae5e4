-- Who is on duty hears of tickets from the severity that he wants on: once when it is reached, and,
-- if it was told and the channel knows of ends, once when the ticket is resolved. Both have the
-- same alert_key, by which PagerDuty resolves what it triggered. An alert that did not leave before
-- the ticket was resolved does not leave at all.
create or replace function trg_tickets_alert()
returns trigger
language plpgsql
as $$
declare
  c_ranks constant text[] := '{low,medium,high,critical}';
begin
  insert into notification_queue (
    tenant_id, order_id, contact_id, notification_type, channel, recipient, locale, payload,
    event, dedupe_key)
  select
    t.tenant_id, t.order_id, c.contact_id, 'ticket', c.channel, c.address, c.locale,
    jsonb_build_object(
      'summary', format('[%s] %s', t.severity, t.summary),
      'message', format('Ticket %s, category %s, %s times so far.', t.ticket_id, t.category,
        t.occurrences),
      'severity', t.severity,
      'ticket_id', t.ticket_id,
      'alert_key', 'ticket-' || t.ticket_id,
      'is_over', false),
    format('ticket:%s', t.ticket_id), format('ticket:%s:open:%s', t.ticket_id, c.contact_id)
  from new_rows as t
  join admin_contacts as c
    on c.tenant_id = t.tenant_id
    and c.is_active
    and array_position(c_ranks, c.tickets_from) <= array_position(c_ranks, t.severity)
  where t.state = 'open'
  on conflict (tenant_id, dedupe_key) do nothing;
  if tg_op = 'INSERT' or not exists (select from new_rows where state = 'resolved') then
    return null;
  end if;

  update notification_queue as n
  set status = 'skipped', skip_reason = 'superseded'
  from new_rows as t
  join admin_contacts as c using (tenant_id)
  where t.state = 'resolved'
    and n.tenant_id = t.tenant_id
    and n.dedupe_key = format('ticket:%s:open:%s', t.ticket_id, c.contact_id)
    and n.status = 'pending'
    and n.sending_since is null;
  insert into notification_queue (
    tenant_id, order_id, contact_id, notification_type, channel, recipient, locale, payload,
    event, dedupe_key, not_before)
  select
    n.tenant_id, n.order_id, n.contact_id, 'ticket', n.channel, n.recipient, n.locale,
    n.payload || jsonb_build_object(
      'summary', format('[resolved] %s', t.summary),
      'message', concat_ws(': ', 'Resolved by ' || t.resolved_by, t.resolution),
      'is_over', true),
    n.event, format('ticket:%s:resolved:%s', t.ticket_id, c.contact_id),
    -- One that is just on its way must arrive first, or its end would come before it.
    case when n.status = 'pending' then clock_now() + interval '1 minute' end
  from new_rows as t
  join admin_contacts as c using (tenant_id)
  join notification_queue as n
    on n.tenant_id = t.tenant_id
    and n.dedupe_key = format('ticket:%s:open:%s', t.ticket_id, c.contact_id)
  where t.state = 'resolved'
    and c.is_active
    and n.channel in ('slack', 'pagerduty', 'webhook')
    and n.status not in ('skipped', 'failed')
  on conflict (tenant_id, dedupe_key) do nothing;
  return null;
end
$$;

comment on function trg_tickets_alert() is
  'Tells who is on duty of tickets, from the severity that he wants on, and of their end.';

create or replace trigger trg_tickets_alert_insert
after insert on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_alert();

create or replace trigger trg_tickets_alert_update
after update on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_alert();
