-- How carriers did in the last 30 days, as of the analytics' last hour or so. $1 tenant.
-- Index: carrier_days_pkey.
select
  coalesce(jsonb_agg(to_jsonb(n) order by n.shipments desc, n.carrier_code), '[]') as "carriers!"
from (
  select
    carrier_code,
    sum(shipments) as shipments,
    sum(delivered) as delivered,
    sum(estimated) as estimated,
    sum(on_time) as on_time,
    sum(troubled) as troubled
  from analytics.carrier_days
  where tenant_id = $1
    and day > (clock_now() at time zone 'UTC')::date - 30
  group by carrier_code
) as n
