-- What to order again, and how much: an item is due when what is free and on its way is no more
-- than what will be asked until new goods come, with a reserve for the days that are worse than
-- usual (p_service_factor standard deviations: 1.645 for 19 deliveries in 20 that come in time).
-- Suggested is what then lasts p_cover_days beyond the delivery. Items with no sale are never due.
create or replace function suggest_reorders(
  p_lead_days integer default 14,
  p_cover_days integer default 30,
  p_service_factor numeric default 1.645,
  p_tenant uuid default current_tenant_id()
)
returns table (
  inventory_item_id bigint,
  sku text,
  available bigint,
  incoming bigint,
  mean_per_day numeric,
  deviation_per_day numeric,
  days_of_cover numeric,
  reorder_point numeric,
  is_due boolean,
  suggested_units bigint
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
    select
      f.inventory_item_id,
      f.sku,
      s.available,
      s.incoming,
      f.mean_per_day,
      f.deviation_per_day,
      case when f.mean_per_day > 0 then round(greatest(s.available, 0) / f.mean_per_day, 1) end,
      need.reorder_point,
      need.is_due,
      case when need.is_due then ceil(need.reorder_point + f.mean_per_day * p_cover_days
        - s.available - s.incoming)::bigint else 0 end
    from forecast_demand(p_lead_days, 90, p_tenant) as f
    cross join lateral (
      select
        coalesce(sum(l.available), 0)::bigint as available,
        coalesce(sum(l.incoming), 0)::bigint as incoming
      from inventory_levels as l
      where l.tenant_id = p_tenant
        and l.inventory_item_id = f.inventory_item_id
    ) as s
    cross join lateral (
      select round(f.mean_per_day * p_lead_days
        + p_service_factor * coalesce(f.deviation_per_day, 0) * sqrt(p_lead_days::numeric), 1)
        as reorder_point
    ) as point
    cross join lateral (
      select point.reorder_point,
        f.mean_per_day > 0 and s.available + s.incoming <= point.reorder_point as is_due
    ) as need
    order by need.is_due desc, f.sku;
end
$$;

comment on function suggest_reorders(integer, integer, numeric, uuid) is
  'Which stock items to order again and how much, from demand and delivery time.';
