-- Where everything stands, in one look. $1 tenant. Reads all orders, fulfilments, notices and jobs:
-- for demonstrations and tests, not for a page.
with
all_jobs as (
  select kind, args, 'unfinished' as state from queue.jobs
  union all
  select kind, args, state from queue.finished_jobs
  union all
  select kind, args, 'dead' from queue.dead_jobs
),
jobs as materialized (
  select kind, args, state
  from all_jobs
  where kind in ('fulfil_order', 'send_notification')
    and args->>'tenant_id' = $1::uuid::text
),
by_status as (
  select order_status, count(*) as orders
  from orders
  where tenant_id = $1
  group by order_status
),
notices as (
  select status, count(*) as notices
  from notification_queue
  where tenant_id = $1
  group by status
),
shipped as (
  select oi.sku, sum(fi.quantity) as units
  from fulfillments as f
  join fulfillment_items as fi using (tenant_id, order_id, fulfillment_id)
  join order_items as oi using (tenant_id, order_id, order_item_id)
  where f.tenant_id = $1
    and f.status in ('shipped', 'delivered')
  group by oi.sku
)
select
  (select coalesce(jsonb_object_agg(order_status, orders), '{}') from by_status)
    as "orders!: Json<BTreeMap<String, i64>>",
  (select coalesce(jsonb_object_agg(status, notices), '{}') from notices)
    as "notifications!: Json<BTreeMap<String, i64>>",
  (select coalesce(jsonb_object_agg(sku, units), '{}') from shipped)
    as "units_shipped!: Json<BTreeMap<String, i64>>",
  (
    select count(*)
    from fulfillments as f
    join orders as o using (tenant_id, order_id)
    where f.tenant_id = $1
      and f.provider_code <> 'manual'
      and not f.awaits_stock
      and (
        f.fulfillment_id not in (
          select (j.args->>'fulfillment_id')::bigint
          from jobs as j
          where j.kind = 'fulfil_order')
          -- Parked before its goods came, it gets its job when a person lets it go on.
          and not exists (
            select
            from order_state_history as h
            where h.tenant_id = f.tenant_id
              and h.order_id = f.order_id
              and h.axis = 'fulfillment'
              and h.fulfillment_id = f.fulfillment_id
              and h.to_status = 'on_hold')
        -- One that is not ended needs a job that is not ended, unless a person holds its order.
        or f.status in ('pending', 'submitted', 'accepted')
          and o.order_status not in ('on_hold', 'cancelled')
          and f.fulfillment_id not in (
            select (j.args->>'fulfillment_id')::bigint
            from jobs as j
            where j.kind = 'fulfil_order'
              and j.state = 'unfinished'))
  ) as "fulfillments_without_job!",
  (
    select count(*)
    from notification_queue as n
    where n.tenant_id = $1
      and n.status <> 'skipped'
      and n.notification_id not in (
        select (j.args->>'notification_id')::bigint
        from jobs as j
        where j.kind = 'send_notification')
  ) as "notifications_without_job!",
  (select count(*) from jobs where state = 'unfinished') as "jobs_unfinished!",
  (select count(*) from jobs where state = 'completed') as "jobs_completed!",
  (select count(*) from jobs where state = 'dead') as "jobs_dead!"
