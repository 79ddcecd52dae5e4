-- When a parcel that leaves now will be there, from what its carrier needed to that country before;
-- from all its parcels where too few went there, and from everybody's where it is new. Answers the
-- median and the interval that held 8 of 10 parcels, in hours, with how many parcels say so, and
-- whose they were (basis); nothing when nobody ever delivered.
create or replace function predict_delivery(
  p_carrier_code text,
  p_country text default null,
  p_least integer default 10,
  p_tenant uuid default current_tenant_id()
)
returns table (
  basis text,
  parcels bigint,
  hours_expected numeric,
  hours_low numeric,
  hours_high numeric,
  expected_at timestamptz
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
    with trips as (
      select
        s.carrier_code = p_carrier_code as is_carrier,
        s.carrier_code = p_carrier_code and o.shipping_address->>'country' = p_country as is_lane,
        (extract(epoch from s.delivered_at - s.shipped_at) / 3600)::numeric as hours
      from shipments as s
      join orders as o using (tenant_id, order_id)
      where s.tenant_id = p_tenant
        and s.delivered_at > s.shipped_at
        and s.delivered_at > clock_now() - interval '180 days'
    ),
    kinds as (
      select 'carrier and country' as basis, 1 as place, hours from trips where is_lane
      union all
      select 'carrier', 2, hours from trips where is_carrier
      union all
      select 'all carriers', 3, hours from trips
    )
    select
      k.basis,
      count(*),
      round(percentile_cont(0.5) within group (order by hours)::numeric, 1),
      round(percentile_cont(0.1) within group (order by hours)::numeric, 1),
      round(percentile_cont(0.9) within group (order by hours)::numeric, 1),
      clock_now()
        + make_interval(hours => 1) * percentile_cont(0.5) within group (order by hours)
    from kinds as k
    group by k.basis, k.place
    -- The closest that enough parcels speak for; else the widest.
    order by count(*) >= p_least desc,
      case when count(*) >= p_least then k.place else -k.place end
    limit 1;
end
$$;

comment on function predict_delivery(text, text, integer, uuid) is
  'When a parcel that leaves now will be there, from carrier history: median and 80 % interval.';
