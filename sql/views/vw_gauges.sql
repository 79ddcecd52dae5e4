-- The state of the shop and of its database as Prometheus gauges, for the one worker that samples
-- for the fleet; the queue's own gauges are the queue's (crates/queue/src/meters.rs).
-- To add a gauge: a branch here, and its name in crates/telemetry/src/catalogue/table.rs.
--
-- A stage has a row even when nothing is in it: a gauge that vanishes at zero can't be told from a
-- sampler that is blind. Cost: one reading of the open orders. Index: orders_open_idx.
create or replace view vw_gauges
with (security_invoker = true) as
with stages as (
    select unnest(array['draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
        'processing', 'picking', 'packed']) as stage
),

open_orders as (
    select
        order_status as stage,
        count(*) as orders,
        extract(epoch from clock_now() - min(updated_at))::double precision as oldest_age_seconds
    from orders
    where order_status in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
        'processing', 'picking', 'packed')
    group by order_status
)

select
    'stevedore_orders_open' as metric,
    jsonb_build_object('stage', stage) as labels,
    coalesce(orders, 0)::double precision as value
from stages
left join open_orders using (stage)

union all
select
    'stevedore_order_oldest_open_age_seconds',
    jsonb_build_object('stage', stage),
    greatest(0, coalesce(oldest_age_seconds, 0))
from stages
left join open_orders using (stage)

union all
select
    'stevedore_provider_breaker_state',
    jsonb_build_object('dependency', provider, 'account', account),
    case state when 'closed' then 0 when 'half_open' then 1 else 2 end
from provider_gates

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

comment on view vw_gauges is 'The state of the shop and its database as Prometheus gauges.';
comment on column vw_gauges.metric is 'Name of the metric, as in docs/metrics.md.';
comment on column vw_gauges.labels is 'Its labels, an object of strings.';
comment on column vw_gauges.value is 'Its value now.';
