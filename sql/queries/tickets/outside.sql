-- A ticket as the outside is told of it. $1 tenant, $2 ticket. Index: tickets_pkey.
select
  t.ticket_id,
  left(encode(sha256(convert_to(t.tenant_id || ':' || t.cause_key, 'UTF8')), 'hex'), 16)
    as "fingerprint!",
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
  t.resolved_by,
  t.resolution,
  t.version,
  t.synced_version,
  t.told_occurrences,
  extract(epoch from clock_now() - t.told_at)::float8 as told_seconds_ago,
  t.comments,
  t.external_key
from tickets as t
left join orders as o using (tenant_id, order_id)
where t.tenant_id = $1
  and t.ticket_id = $2
