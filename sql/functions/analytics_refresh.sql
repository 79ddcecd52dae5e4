-- Refreshes one table of analytics: from p_since on, or, without it, as much as is due: once a day
-- from the beginning, since old orders change, too; else the last five weeks. Answers how many rows
-- were written.
create or replace function analytics.refresh(p_topic text, p_since date default null)
returns bigint
language plpgsql volatile
as $$
declare
  c_weeks constant integer := 5;
  v_since date := p_since;
  v_rows bigint;
begin
  if p_topic <> all (analytics.topics()) then
    raise exception 'analytics has no table % to refresh', p_topic
      using errcode = 'invalid_parameter_value';
  end if;
  if v_since is null then
    v_since := case when exists (
        select
        from analytics.refreshes as r
        where r.topic = p_topic
          and r.whole_at > clock_now() - interval '1 day')
      then (clock_now() at time zone 'UTC')::date - 7 * c_weeks
      else '-infinity' end;
  end if;
  execute format('select analytics.%I($1)', 'refresh_' || p_topic) into v_rows using v_since;

  insert into analytics.refreshes (tenant_id, topic, refreshed_at, whole_at)
  select n.tenant_id, p_topic, clock_now(),
    case when v_since = '-infinity' then clock_now() end
  from (
    select '00000000-0000-0000-0000-000000000001'::uuid as tenant_id
    union
    select d.tenant_id from analytics.order_days as d
  ) as n
  on conflict (tenant_id, topic) do update
  set refreshed_at = excluded.refreshed_at,
      whole_at = coalesce(excluded.whole_at, refreshes.whole_at);
  return v_rows;
end
$$;

comment on function analytics.refresh(text, date) is
  'Refreshes one table of analytics, from a day on or as far back as is due; the job '
  'refresh_analytics calls it for each.';
