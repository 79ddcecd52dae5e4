-- Computes analytics.cohort_months anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- Whole each time.
create or replace function analytics.refresh_cohort_months(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.cohort_months', 0));
  delete from analytics.cohort_months;
  insert into analytics.cohort_months (
    tenant_id, cohort_month, months_later, currency, customers, orders, total_amount)
  select n.tenant_id, n.cohort_month,
    ((extract(year from n.month) - extract(year from n.cohort_month)) * 12
      + extract(month from n.month) - extract(month from n.cohort_month))::integer,
    n.currency, count(distinct n.customer_id), sum(n.orders), sum(n.total_amount)
  from (
    select o.tenant_id, o.customer_id, o.currency,
      date_trunc('month', o.placed_at at time zone 'UTC')::date as month,
      min(min(date_trunc('month', o.placed_at at time zone 'UTC')::date)) over (
        partition by o.tenant_id, o.customer_id) as cohort_month,
      count(*) as orders, sum(o.total_amount) as total_amount
    from orders as o
    where o.customer_id is not null
      and o.order_status not in ('draft', 'cancelled', 'expired', 'payment_failed')
    group by o.tenant_id, o.customer_id, o.currency, 4
  ) as n
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_cohort_months(date) is
  'Computes analytics.cohort_months anew, from a day on.';
