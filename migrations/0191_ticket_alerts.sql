-- Who is on duty hears of tickets: which of them, each contact says. A ticket is one cause, so a
-- provider that is down is one alert and not one for each order.
-- Locks: admin_contacts for a moment, a few rows. The previous release writes no such notices.

alter table admin_contacts
  add column tickets_from text,
  add constraint admin_contacts_tickets_from_check
    check (tickets_from in ('low', 'medium', 'high', 'critical'));

comment on column admin_contacts.tickets_from is
  'Tells of tickets of this severity and worse, when they are opened and when they are resolved; '
  'null: of none.';

insert into notification_kinds (
  notification_type, audience, is_essential, keeps_quiet_hours, description)
values ('ticket', 'admin', true, false, 'A ticket was opened, or is resolved.');
