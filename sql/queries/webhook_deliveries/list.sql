-- Deliveries of an endpoint, the newest first. $1 tenant, $2 endpoint, $3 status or null,
-- $4 below this id or null, $5 how many. Index: webhook_deliveries_endpoint_idx.
select
  d.delivery_id,
  d.endpoint_id,
  d.event_id,
  d.kind,
  d.order_id,
  d.status,
  d.attempts,
  d.last_status,
  case when d.status = 'pending' then d.next_attempt_at end as next_attempt_at,
  d.created_at,
  d.ended_at
from webhook_deliveries as d
where d.tenant_id = $1
  and d.endpoint_id = $2
  and ($3::text is null or d.status = $3)
  and d.delivery_id < coalesce($4::bigint, 9223372036854775807)
order by d.delivery_id desc
limit $5
