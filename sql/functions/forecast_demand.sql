-- What will be asked of each stock item in the next days, from what was asked in the last ones:
-- units of orders that were placed and not given up, kits as their parts. Plain statistics: the
-- mean of a day, its spread, and the interval that holds the sum of p_days days 19 times in 20 if
-- days are alike and apart. The spread of the mean itself is in it, so that a short history does
-- not speak loudly. Days without a sale count, from the day on which the item was made; an item
-- younger than two days has no spread, and no interval.
-- Reads the orders of p_history_days: for people and reports, not for requests.
create or replace function forecast_demand(
  p_days integer default 30,
  p_history_days integer default 90,
  p_tenant uuid default current_tenant_id()
)
returns table (
  inventory_item_id bigint,
  sku text,
  history_days integer,
  units_sold bigint,
  mean_per_day numeric,
  deviation_per_day numeric,
  forecast_units numeric,
  forecast_low numeric,
  forecast_high numeric
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
    with items as (
      select
        i.inventory_item_id,
        i.sku,
        greatest(1, least(p_history_days,
          ceil(extract(epoch from clock_now() - i.created_at) / 86400)::integer)) as days
      from inventory_items as i
      where i.tenant_id = p_tenant
        and i.track_inventory
    ),
    daily as (
      select
        vi.inventory_item_id,
        -- Day 0 is the last 24 hours, so that no day is half a day.
        floor(extract(epoch from clock_now() - o.placed_at) / 86400)::integer as day,
        sum((oi.quantity - oi.quantity_cancelled)::bigint * vi.required_quantity) as units
      from orders as o
      join order_items as oi using (tenant_id, order_id)
      join variant_inventory_items as vi using (tenant_id, variant_id)
      where o.tenant_id = p_tenant
        and o.placed_at > clock_now() - make_interval(days => p_history_days)
        and o.placed_at <= clock_now()
        and o.order_status not in ('draft', 'cancelled', 'expired', 'payment_failed')
      group by 1, 2
    ),
    sums as (
      select
        n.inventory_item_id,
        n.sku,
        n.days,
        coalesce(sum(d.units), 0) as units,
        coalesce(sum(d.units), 0) / n.days as mean,
        -- Over all days of the history, the empty ones too.
        case when n.days > 1 then sqrt(greatest(0,
          (coalesce(sum(d.units * d.units), 0) - coalesce(sum(d.units), 0) ^ 2 / n.days)
            / (n.days - 1))) end as deviation
      from items as n
      left join daily as d on d.inventory_item_id = n.inventory_item_id and d.day < n.days
      group by n.inventory_item_id, n.sku, n.days
    )
    select
      s.inventory_item_id,
      s.sku,
      s.days,
      s.units::bigint,
      round(s.mean, 3),
      round(s.deviation, 3),
      round(s.mean * p_days, 1),
      case when error.bar is not null then round(greatest(0, s.mean * p_days - error.bar), 1) end,
      round(s.mean * p_days + error.bar, 1)
    from sums as s
    cross join lateral (
      select 1.96 * s.deviation * sqrt(p_days + p_days::numeric ^ 2 / s.days) as bar
    ) as error
    order by s.sku;
end
$$;

comment on function forecast_demand(integer, integer, uuid) is
  'Units that will be asked of each stock item in the next days, with a 95 % interval.';
