-- Computes analytics.payment_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
create or replace function analytics.refresh_payment_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.payment_days', 0));
  delete from analytics.payment_days as d where d.day >= p_since;
  insert into analytics.payment_days (
    tenant_id, day, provider_code, currency, status, payments, amount, captured_amount,
    refunded_amount)
  select p.tenant_id, (p.created_at at time zone 'UTC')::date, p.provider, p.currency, p.status,
    count(*), sum(p.amount), sum(p.captured_amount), sum(p.refunded_amount)
  from payments as p
  where p.created_at >= v_since
  group by 1, 2, 3, 4, 5;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_payment_days(date) is
  'Computes analytics.payment_days anew, from a day on.';
