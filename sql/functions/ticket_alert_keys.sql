-- The dedupe keys of what a contact is told of an open ticket: that there is one, and that it got
-- worse. That it is resolved has one of its own.
create or replace function ticket_alert_keys(p_ticket_id bigint, p_contact_id bigint)
returns text[]
language sql immutable
return array[
  'ticket:' || p_ticket_id || ':open:' || p_contact_id,
  'ticket:' || p_ticket_id || ':medium:' || p_contact_id,
  'ticket:' || p_ticket_id || ':high:' || p_contact_id,
  'ticket:' || p_ticket_id || ':critical:' || p_contact_id
];

comment on function ticket_alert_keys(bigint, bigint) is
  'The dedupe keys of what a contact is told of an open ticket.';
