-- How many parcels of each of these carriers are due, counted up to p_limit.
-- Index: tracking_schedule_due_idx.
create or replace function due_polls(p_carrier_codes text[], p_limit integer default 10000)
returns table (
  carrier_code text,
  due bigint
)
language sql stable
as $$
  select c.carrier_code, n.due
  from unnest(p_carrier_codes) as c (carrier_code)
  cross join lateral (
    select count(*) as due
    from (
      select
      from tracking_schedule as t
      where t.carrier_code = c.carrier_code
        and t.next_poll_at <= clock_now()
      limit p_limit
    ) as d
  ) as n
  where n.due > 0
$$;

comment on function due_polls(text[], integer) is 'Parcels that are due to be asked for.';
