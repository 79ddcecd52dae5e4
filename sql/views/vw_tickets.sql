-- Tickets with the number of the order that they last happened to.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_tickets
with (security_invoker = true) as
select
  t.tenant_id,
  t.ticket_id,
  t.cause_key,
  t.category,
  t.severity,
  t.state,
  t.summary,
  t.details,
  t.order_id,
  o.order_number,
  t.occurrences,
  t.first_seen_at,
  t.last_seen_at,
  t.resolved_at,
  t.resolved_by,
  t.resolution,
  t.external_key,
  t.external_url,
  t.sync_error,
  -- So written that only open ones are asked for as state = 'open'.
  t.state <> 'open' as is_resolved
from tickets as t
left join orders as o using (tenant_id, order_id);

comment on view vw_tickets is 'Tickets with the number of the order that they last happened to.';
comment on column vw_tickets.tenant_id is 'The shop.';
comment on column vw_tickets.ticket_id is 'Its key.';
comment on column vw_tickets.cause_key is 'What is the same whenever the same thing goes wrong.';
comment on column vw_tickets.category is 'delivery, payment, stock, database, api or unknown.';
comment on column vw_tickets.severity is 'critical, high, medium or low.';
comment on column vw_tickets.state is 'open or resolved.';
comment on column vw_tickets.summary is 'The cause in a line.';
comment on column vw_tickets.details is 'Facts of the last time it happened.';
comment on column vw_tickets.order_id is 'The order that it last happened to.';
comment on column vw_tickets.order_number is 'The number of that order.';
comment on column vw_tickets.occurrences is 'How often it happened.';
comment on column vw_tickets.first_seen_at is 'When it first happened.';
comment on column vw_tickets.last_seen_at is 'When it last happened.';
comment on column vw_tickets.resolved_at is 'When it was resolved.';
comment on column vw_tickets.resolved_by is 'Who resolved it.';
comment on column vw_tickets.resolution is 'How, in words.';
comment on column vw_tickets.external_key is 'Its key in the outside system.';
comment on column vw_tickets.external_url is 'Where people find it there.';
comment on column vw_tickets.sync_error is 'Why the outside does not have it, in words.';
comment on column vw_tickets.is_resolved is 'Whether it is settled.';
