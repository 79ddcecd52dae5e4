-- Computes analytics.notification_days anew, from a day on, one at a time;
-- answers how many rows it wrote.
-- Rows go after their retention: a day that lost some of them stays as it was counted.
create or replace function analytics.refresh_notification_days(p_since date default '-infinity')
returns bigint
language plpgsql volatile
set work_mem = '64MB'
as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_first_day date;
  v_rows bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('analytics.notification_days', 0));
  select (coalesce(min(s.created_at), clock_now()) at time zone 'UTC')::date into v_first_day
  from notification_queue as s;
  if exists (select from analytics.notification_days as d where d.day <= v_first_day) then
    v_since := greatest(v_since, (v_first_day + 1)::timestamp at time zone 'UTC',
      analytics.put_away_until());
  end if;
  delete from analytics.notification_days as d where d.day >= (v_since at time zone 'UTC')::date;
  insert into analytics.notification_days (
    tenant_id, day, notification_type, channel, notices, sent, delivered, failed, skipped,
    pending, attempts, send_p50_seconds, send_p95_seconds)
  select n.tenant_id, (n.created_at at time zone 'UTC')::date, n.notification_type, n.channel,
    count(*), count(*) filter (where n.status in ('sent', 'delivered')),
    count(*) filter (where n.status = 'delivered'), count(*) filter (where n.status = 'failed'),
    count(*) filter (where n.status = 'skipped'), count(*) filter (where n.status = 'pending'),
    sum(n.attempts),
    percentile_cont(0.5) within group (
      order by extract(epoch from n.sent_at - n.created_at)::double precision),
    percentile_cont(0.95) within group (
      order by extract(epoch from n.sent_at - n.created_at)::double precision)
  from notification_queue as n
  where n.created_at >= v_since
  group by 1, 2, 3, 4;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

comment on function analytics.refresh_notification_days(date) is
  'Computes analytics.notification_days anew, from a day on.';
