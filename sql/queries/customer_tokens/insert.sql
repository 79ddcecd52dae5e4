-- Gives out a token. $1 tenant, $2 hash, $3 order or null, $4 the customer's own id or null, $5 by
-- whom, $6 for how many seconds. No row if there is no such order or customer.
insert into customer_tokens (
  tenant_id, token_hash, order_id, customer_id, created_by, expires_at)
select $1, $2, o.order_id, c.customer_id, $5, clock_now() + make_interval(secs => $6)
from (select) as one
left join orders as o on o.tenant_id = $1 and o.order_id = $3
left join customers as c on c.tenant_id = $1 and c.customer_code = $4
where num_nonnulls(o.order_id, c.customer_id) = 1
returning token_id, expires_at
