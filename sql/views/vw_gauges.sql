-- The state of the shop and of its database as Prometheus gauges, for the one worker that samples
-- for the fleet; the queue's own gauges are the queue's (crates/queue/src/meters.rs).
-- To add a gauge: a branch here, and its name in crates/telemetry/src/catalogue/table.rs.
--
-- A stage has a row even when nothing is in it: a gauge that vanishes at zero can't be told from a
-- sampler that is blind. Cost: one reading of the open orders and of what is pending, by
-- orders_status_idx, webhook_deliveries_due_idx and the partial indexes of what is open.
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
    'stevedore_cron_overdue_seconds',
    jsonb_build_object('cron', kind),
    greatest(0, extract(epoch from clock_now() - min(next_tick_at)))
from queue.schedules
where not paused
group by kind

union all
select
    'stevedore_tickets_open',
    jsonb_build_object('severity', s.severity),
    count(t.ticket_id)
from unnest(array['critical', 'high', 'medium', 'low']) as s (severity)
left join tickets as t on t.severity = s.severity and t.state = 'open'
group by s.severity

union all
select
    'stevedore_order_errors_open',
    jsonb_build_object('category', c.category),
    count(e.order_error_id)
from unnest(array['delivery', 'payment', 'stock', 'database', 'api', 'unknown']) as c (category)
left join order_errors as e on e.category = c.category and not e.is_resolved
group by c.category

union all
select
    'stevedore_webhook_events_failed',
    jsonb_build_object('state', s.status),
    count(e.webhook_event_id)
from unnest(array['failed', 'dead']) as s (status)
left join webhook_events as e on e.status = s.status and e.status in ('failed', 'dead')
group by s.status

union all
select
    'stevedore_webhook_endpoints',
    jsonb_build_object('state', s.state),
    count(w.endpoint_id)
from unnest(array['enabled', 'disabled']) as s (state)
left join webhook_endpoints as w on w.state = s.state
group by s.state

union all
select g.metric, '{}', g.value
from (
    select
        count(*) as pending,
        coalesce(max(extract(epoch from clock_now() - created_at)), 0) as oldest
    from webhook_deliveries
    where status = 'pending'
) as d
cross join lateral (values
    ('stevedore_webhook_deliveries_pending', d.pending),
    ('stevedore_webhook_delivery_oldest_age_seconds', d.oldest)
) as g (metric, value)

union all
select
    'stevedore_provider_token_expiry_timestamp_seconds',
    jsonb_build_object('provider', split_part(token_name, '/', 1)),
    extract(epoch from min(expires_at))
from provider_tokens
where expires_at is not null
group by split_part(token_name, '/', 1)

union all
select
    'stevedore_stock_discrepancies',
    '{}',
    coalesce(max(greatest(stock_wrong, stock_wrong_before)), 0)
from fleet_monitor

union all
select metric, labels, value
from vw_database_gauges;

comment on view vw_gauges is 'The state of the shop and its database as Prometheus gauges.';
comment on column vw_gauges.metric is 'Name of the metric, as in docs/metrics.md.';
comment on column vw_gauges.labels is 'Its labels, an object of strings.';
comment on column vw_gauges.value is 'Its value now.';
