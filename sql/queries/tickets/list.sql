-- Tickets, the newest first. $1 tenant, $2 state, $3 category or null, $4 severity or null,
-- $5 order or null, $6 below this id or null, $7 how many.
-- Indexes: tickets_pkey, tickets_order_id_idx.
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
  and t.state = $2
  and ($3::text is null or t.category = $3)
  and ($4::text is null or t.severity = $4)
  and ($5::bigint is null or t.order_id = $5)
  and t.ticket_id < coalesce($6::bigint, 9223372036854775807)
order by t.ticket_id desc
limit $7
