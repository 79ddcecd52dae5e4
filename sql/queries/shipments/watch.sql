-- Parcels on their way: how many in which state, how many late, and those that need a look, the
-- 100 that are so for longest. $1 tenant. Reads the open parcels. Index: shipments_open_idx.
with open as materialized (
  select shipment_id, order_id, carrier_code, tracking_number, status, status_since,
    estimated_delivery_at, coalesce(estimated_delivery_at < clock_now(), false) as is_late
  from shipments
  where tenant_id = $1
    and status not in ('delivered', 'returned', 'cancelled')
)
select jsonb_build_object(
  'open', (select count(*) from open),
  'late', (select count(*) from open where is_late),
  'by_status', (
    select coalesce(jsonb_object_agg(n.status, n.parcels), '{}')
    from (select status, count(*) as parcels from open group by status) as n),
  'issues', (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.status_since, n.shipment_id), '[]')
    from (
      select *
      from open
      where is_late or status in ('exception', 'attempt_failed', 'expired')
      order by status_since, shipment_id
      limit 100
    ) as n)) as "watch!"
