-- Computes analytics.promo_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_promo_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.promo_days', 0));
  delete from analytics.promo_days as d where d.day >= p_since;
  insert into analytics.promo_days (
    tenant_id, day, promo_code, currency, orders, lost_orders, customers, discount_amount,
    total_amount)
  select o.tenant_id, (o.placed_at at time zone 'UTC')::date, o.promo_code, o.currency, count(*),
    count(*) filter (where o.order_status in ('cancelled', 'expired', 'payment_failed')),
    count(distinct o.customer_id), sum(o.discount_amount), sum(o.total_amount)
  from orders as o
  where o.placed_at >= v_since
    and o.promo_code is not null
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_promo_days(date) is
  'Computes analytics.promo_days anew, from a day on.';
