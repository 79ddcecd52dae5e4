-- Computes analytics.order_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_order_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.order_days', 0));
  delete from analytics.order_days as d where d.day >= p_since;
  insert into analytics.order_days (
    tenant_id, day, order_source, payment_method, currency, order_status, payment_status,
    orders, confirmed_orders, delivered_orders, subtotal, shipping_fee, tax_amount,
    discount_amount, total_amount)
  select o.tenant_id, (o.placed_at at time zone 'UTC')::date, o.order_source, o.payment_method,
    o.currency, o.order_status, o.payment_status, count(*), count(o.confirmed_at),
    count(o.delivered_at), sum(o.subtotal), sum(o.shipping_fee), sum(o.tax_amount),
    sum(o.discount_amount), sum(o.total_amount)
  from orders as o
  where o.placed_at >= v_since
  group by 1, 2, 3, 4, 5, 6, 7;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_order_days(date) is
  'Computes analytics.order_days anew, from a day on.';
