-- The state of the whole fleet as Prometheus gauges, for the one process that samples it.
-- To add a gauge: a branch here, and its name in crates/telemetry/src/catalogue/table.rs.
--
-- A known queue and a stage have a row even when nothing is in them: a gauge that vanishes at zero
-- can't be told from a monitor that is blind.
-- Cost: reads all of queue.jobs, queue.dead_jobs and the open orders; the sampler waits ten times
-- as long as a sample took. Index: orders_open_idx.
create or replace view vw_gauges as
with stats as materialized (
    select
        queue,
        state,
        sum(jobs) as jobs,
        max(oldest_age_seconds) as oldest_age_seconds
    from queue.stats
    group by queue, state
),

alive as materialized (
    select queues
    from queue.workers
    where state in ('running', 'draining')
        and heartbeat_at > clock_now() - heartbeat_ms * interval '3 milliseconds'
),

-- Callers of the API may name queues as they like; each is a time series.
known_queues as (
    select queue
    from (
        select queue from stats
        union
        select queue from queue.queues
        union
        select unnest(queues) from alive
    ) as every_queue
    order by queue
    limit 100
),

open_orders as (
    select
        order_status,
        count(*) as orders,
        min(updated_at) as oldest_at
    from orders
    where order_status in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
        'processing', 'picking', 'packed')
    group by order_status
),

stages as (
    select unnest(array['draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
        'processing', 'picking', 'packed']) as stage
)

select
    'stevedore_queue_jobs' as metric,
    jsonb_build_object('queue', known.queue, 'state', states.state) as labels,
    coalesce(stats.jobs, 0)::double precision as value
from known_queues as known
cross join unnest(array['scheduled', 'ready', 'blocked', 'running', 'dead']) as states (state)
left join stats
    on stats.queue = known.queue
    and stats.state = states.state

union all
select
    gauges.metric,
    jsonb_build_object('queue', known.queue),
    coalesce(stats.oldest_age_seconds, 0)
from known_queues as known
cross join (values
    ('stevedore_queue_oldest_ready_age_seconds', 'ready'),
    ('stevedore_queue_oldest_running_age_seconds', 'running')
) as gauges (metric, state)
left join stats
    on stats.queue = known.queue
    and stats.state = gauges.state

union all
select
    'stevedore_queue_paused',
    jsonb_build_object('queue', known.queue),
    coalesce(settings.paused, false)::integer
from known_queues as known
left join queue.queues as settings using (queue)

union all
select
    'stevedore_workers_alive',
    '{}',
    count(*)
from alive

union all
select
    'stevedore_orders_open',
    jsonb_build_object('stage', stages.stage),
    coalesce(open_orders.orders, 0)
from stages
left join open_orders on open_orders.order_status = stages.stage

union all
select
    'stevedore_order_oldest_open_age_seconds',
    jsonb_build_object('stage', stages.stage),
    greatest(0, coalesce(extract(epoch from clock_now() - open_orders.oldest_at), 0))
from stages
left join open_orders on open_orders.order_status = stages.stage

union all
select
    'stevedore_pg_dead_tuple_ratio',
    jsonb_build_object('table', relname),
    n_dead_tup::double precision / greatest(1, n_live_tup + n_dead_tup)
from pg_stat_user_tables
where (schemaname, relname) in (
    ('queue', 'jobs'), ('queue', 'workers'), ('public', 'orders'), ('public', 'inventory_levels')
)

union all
-- Snapshots of sessions that this role may not see count as none.
select
    'stevedore_pg_oldest_xmin_age_transactions',
    '{}',
    coalesce(max(age(backend_xmin)), 0)
from pg_stat_activity
where pid <> pg_backend_pid();

comment on view vw_gauges is 'The state of the whole fleet as Prometheus gauges.';
comment on column vw_gauges.metric is 'Name of the metric, as in docs/metrics.md.';
comment on column vw_gauges.labels is 'Its labels, an object of strings.';
comment on column vw_gauges.value is 'Its value now.';
