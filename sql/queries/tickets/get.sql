-- A ticket. $1 tenant, $2 ticket. Index: tickets_pkey.
select
  t.ticket_id,
  t.cause_key,
  t.category,
  t.severity,
  t.state,
  t.summary,
  t.details,
  t.order_id,
  o.order_number as "order_number?",
  t.occurrences,
  t.first_seen_at,
  t.last_seen_at,
  t.resolved_at,
  t.resolved_by,
  t.resolution,
  t.external_key,
  t.external_url,
  t.sync_error
from tickets as t
left join orders as o using (tenant_id, order_id)
where t.tenant_id = $1
  and t.ticket_id = $2
