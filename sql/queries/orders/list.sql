-- A page of orders, the newest first. $1 tenant, $2 null (list_by_status.sql is for states),
-- $3 payment statuses or null,
-- $4 source or null, $5 customer's code or null, $6 placed at or after, $7 placed before, $8 and $9
-- placed_at and id of the last order of the page before, $10 how many.
-- Index: orders_placed_at_idx; with a customer orders_customer_id_idx does as well.
select
  o.order_id,
  o.order_number,
  single_status(o.order_status, o.payment_status) as "status!",
  o.order_status,
  o.payment_status,
  o.payment_method,
  o.currency,
  o.total_amount,
  o.customer_id,
  o.customer_name,
  o.order_source,
  o.error_count,
  o.placed_at,
  o.updated_at
from orders as o
where o.tenant_id = $1
  and ($2::text[] is null or o.order_status = any ($2))
  and ($3::text[] is null or o.payment_status = any ($3))
  and ($4::text is null or o.order_source = $4)
  and ($5::text is null or o.customer_id = (
    select c.customer_id
    from customers as c
    where c.tenant_id = $1
      and c.customer_code = $5))
  and o.placed_at >= coalesce($6::timestamptz, '-infinity')
  and o.placed_at < coalesce($7::timestamptz, 'infinity')
  and (o.placed_at, o.order_id)
    < (coalesce($8::timestamptz, 'infinity'), coalesce($9::bigint, 9223372036854775807))
order by o.placed_at desc, o.order_id desc
limit $10
