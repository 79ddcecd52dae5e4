-- Errors of orders that were settled more than $1 seconds ago, at most $2.
-- Locks: those rows, skipping what others hold. Index: order_errors_resolved_idx.
with old as (
  select tenant_id, order_error_id
  from order_errors
  where resolved_at < clock_now() - make_interval(secs => $1)
    and is_resolved
  order by resolved_at
  limit $2
  for update skip locked
)
delete from order_errors as t
using old
where t.tenant_id = old.tenant_id
  and t.order_error_id = old.order_error_id
