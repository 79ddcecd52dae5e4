-- As list.sql, of orders in some states: each state is read by itself, the newest first and no more
-- than a page of it, so that a rare one costs nothing for all the orders that are in others.
-- Index: orders_status_idx, orders_pkey.
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
from (
  select k.order_id
  from unnest($2::text[]) as s (status)
  cross join lateral (
    select i.order_id, i.placed_at
    from orders as i
    where i.tenant_id = $1
      and i.order_status = s.status
      and ($3::text[] is null or i.payment_status = any ($3))
      and ($4::text is null or i.order_source = $4)
      and ($5::text is null or i.customer_id = (
        select c.customer_id
        from customers as c
        where c.tenant_id = $1
          and c.customer_code = $5))
      and i.placed_at >= coalesce($6::timestamptz, '-infinity')
      and i.placed_at < coalesce($7::timestamptz, 'infinity')
      and (i.placed_at, i.order_id)
        < (coalesce($8::timestamptz, 'infinity'), coalesce($9::bigint, 9223372036854775807))
    order by i.placed_at desc, i.order_id desc
    limit $10
  ) as k
  order by k.placed_at desc, k.order_id desc
  limit $10
) as page
join orders as o
  on o.tenant_id = $1
  and o.order_id = page.order_id
order by o.placed_at desc, o.order_id desc
