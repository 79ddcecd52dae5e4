-- Errors of orders, the newest first. $1 tenant, $2 whether settled ones, $3 category or null,
-- $4 severity or null, $5 order or null, $6 below this id or null, $7 how many.
-- Indexes: order_errors_pkey, order_errors_order_id_idx.
select
  e.order_error_id,
  e.order_id,
  e.fulfillment_id,
  e.category,
  e.severity,
  e.stage,
  e.code,
  e.message,
  e.context,
  e.ticket_ref,
  e.is_resolved,
  e.resolved_at,
  e.resolved_by,
  e.resolution,
  e.created_at
from order_errors as e
where e.tenant_id = $1
  and e.is_resolved = $2
  and ($3::text is null or e.category = $3)
  and ($4::text is null or e.severity = $4)
  and ($5::bigint is null or e.order_id = $5)
  and e.order_error_id < coalesce($6::bigint, 9223372036854775807)
order by e.order_error_id desc
limit $7
