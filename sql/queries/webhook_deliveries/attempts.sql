-- The last attempts of a delivery, the newest first. $1 tenant, $2 endpoint, $3 delivery,
-- $4 how many. Indexes: webhook_deliveries_pkey, webhook_attempts_delivery_id_idx.
select a.attempt_id, a.attempted_at, a.duration_ms, a.status, a.response, a.error
from webhook_attempts as a
join webhook_deliveries as d using (tenant_id, delivery_id)
where a.tenant_id = $1
  and d.endpoint_id = $2
  and a.delivery_id = $3
order by a.attempt_id desc
limit $4
