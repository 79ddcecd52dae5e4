-- Computes analytics.product_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_product_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.product_days', 0));
  delete from analytics.product_days as d where d.day >= p_since;
  insert into analytics.product_days (
    tenant_id, day, sku, currency, product_name, orders, units, units_cancelled,
    units_delivered, units_returned, gross_amount, net_amount)
  select n.tenant_id, n.day, n.sku, n.currency, max(p.name), count(distinct n.order_id),
    sum(n.quantity), sum(n.cancelled), sum(n.quantity_delivered), sum(n.quantity_returned),
    sum(n.total_price),
    sum(n.unit_price * greatest(n.quantity - n.cancelled - n.quantity_returned, 0))
  from (
    select oi.*, (o.placed_at at time zone 'UTC')::date as day, o.currency,
      case when o.order_status in ('cancelled', 'expired', 'payment_failed')
        then oi.quantity else oi.quantity_cancelled end as cancelled
    from orders as o
    join order_items as oi using (tenant_id, order_id)
    where o.placed_at >= v_since
  ) as n
  join product_variants as v using (tenant_id, variant_id)
  join products as p using (tenant_id, product_id)
  group by n.tenant_id, n.day, n.sku, n.currency;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_product_days(date) is
  'Computes analytics.product_days anew, from a day on.';
