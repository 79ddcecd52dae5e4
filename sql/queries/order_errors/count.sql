-- Open errors of a shop, and those of the last five minutes. $1 tenant.
-- Index: order_errors_open_idx.
select
  count(*) as "open!",
  count(*) filter (where severity = 'critical') as "critical!",
  count(*) filter (where created_at > clock_now() - interval '5 minutes') as "last_five_minutes!"
from order_errors
where tenant_id = $1
  and not is_resolved
