-- Who is on duty hears of tickets from the severity that he wants on: once when it is reached, once
-- more each time that it gets worse, and, if he was told and the channel knows of ends, once when
-- the ticket is resolved. All have the same alert_key, by which PagerDuty puts them together.
-- What did not leave before the ticket got worse says so at once; what did not leave before it was
-- resolved does not leave at all.
create or replace function trg_tickets_alert()
returns trigger
language plpgsql
as $$
declare
  c_ranks constant text[] := '{low,medium,high,critical}';
  -- They can be told that a thing that they have heard of is different now.
  c_followed constant text[] := '{slack,pagerduty,webhook}';
  v_got_worse boolean := false;
begin
  -- By itself, since an insert has no old rows to speak of.
  if tg_op = 'UPDATE' then
    v_got_worse := exists (
      select
      from new_rows as t
      join old_rows as o using (tenant_id, ticket_id)
      where array_position(c_ranks, t.severity) > array_position(c_ranks, o.severity));
  end if;
  if v_got_worse then
    update notification_queue as n
    set payload = n.payload || jsonb_build_object(
      'summary', format('[%s] %s', t.severity, t.summary),
      'severity', t.severity)
    from new_rows as t
    join old_rows as o using (tenant_id, ticket_id)
    join admin_contacts as c using (tenant_id)
    where t.state = 'open'
      and array_position(c_ranks, t.severity) > array_position(c_ranks, o.severity)
      and n.tenant_id = t.tenant_id
      and n.dedupe_key = any (ticket_alert_keys(t.ticket_id, c.contact_id))
      and n.status = 'pending'
      and n.sending_since is null;
    insert into notification_queue (
      tenant_id, order_id, contact_id, notification_type, channel, recipient, locale, payload,
      event, dedupe_key, not_before)
    select
      n.tenant_id, n.order_id, n.contact_id, 'ticket', n.channel, n.recipient, n.locale,
      n.payload || jsonb_build_object(
        'summary', format('[%s] %s', t.severity, t.summary),
        'message', format('Ticket %s was of severity %s, category %s, %s times so far.',
          t.ticket_id, o.severity, t.category, t.occurrences),
        'severity', t.severity),
      n.event, format('ticket:%s:%s:%s', t.ticket_id, t.severity, c.contact_id),
      -- One that is just on its way must arrive first.
      case when n.is_under_way then clock_now() + interval '1 minute' end
    from new_rows as t
    join old_rows as o using (tenant_id, ticket_id)
    join admin_contacts as c using (tenant_id)
    join lateral (
      select
        told.*,
        bool_or(told.status = 'pending') over () as is_under_way,
        bool_or(told.payload->>'severity' = t.severity) over () as is_known
      from notification_queue as told
      where told.tenant_id = t.tenant_id
        and told.dedupe_key = any (ticket_alert_keys(t.ticket_id, c.contact_id))
        and told.status not in ('skipped', 'failed')
      order by told.notification_id
      limit 1
    ) as n on not n.is_known
    where t.state = 'open'
      and array_position(c_ranks, t.severity) > array_position(c_ranks, o.severity)
      and c.is_active
      and n.channel = any (c_followed)
    on conflict (tenant_id, dedupe_key) do nothing;
  end if;

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
    and n.dedupe_key = any (ticket_alert_keys(t.ticket_id, c.contact_id))
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
      'severity', t.severity,
      'is_over', true),
    n.event, format('ticket:%s:resolved:%s', t.ticket_id, c.contact_id),
    -- One that is just on its way must arrive first, or its end would come before it.
    case when n.is_under_way then clock_now() + interval '1 minute' end
  from new_rows as t
  join admin_contacts as c using (tenant_id)
  join lateral (
    select told.*, bool_or(told.status = 'pending') over () as is_under_way
    from notification_queue as told
    where told.tenant_id = t.tenant_id
      and told.dedupe_key = any (ticket_alert_keys(t.ticket_id, c.contact_id))
      and told.status not in ('skipped', 'failed')
    order by told.notification_id
    limit 1
  ) as n on true
  where t.state = 'resolved'
    and c.is_active
    and n.channel = any (c_followed)
  on conflict (tenant_id, dedupe_key) do nothing;
  return null;
end
$$;

comment on function trg_tickets_alert() is
  'Tells who is on duty of tickets from the severity that he wants on, and of what becomes of '
  'them.';

create or replace trigger trg_tickets_alert_insert
after insert on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_alert();

create or replace trigger trg_tickets_alert_update
after update on tickets
referencing old table as old_rows new table as new_rows
for each statement execute function trg_tickets_alert();
