-- The database itself as Prometheus gauges, for the worker that samples for the fleet; part of
-- vw_gauges. A name that ends in _total is a counter of the server's own: who exports it adds what
-- it grew by. What this role may not see (sessions and replicas of others, without pg_monitor)
-- counts as none. Every gauge has a row even where there is nothing.
-- Cost: the shared statistics, and the sizes of the files of some twenty tables: 3 ms.
create or replace view vw_database_gauges
with (security_invoker = true) as
with sessions as materialized (
  select
    case
      when state in ('active', 'idle') then state
      when state like 'idle in transaction%' then 'idle_in_transaction'
      else 'other'
    end as state,
    wait_event_type = 'Lock' as waits_for_lock,
    greatest(0, extract(epoch from clock_now() - xact_start)) as transaction_seconds,
    greatest(0, extract(epoch from clock_now() - state_change)) as state_seconds,
    greatest(0, extract(epoch from clock_now() - query_start)) as query_seconds,
    backend_xmin
  from pg_stat_activity
  where datname = current_database()
    and backend_type = 'client backend'
    and pid <> pg_backend_pid()
),
places as (
  -- A standby writes nothing; asking it for where it writes is an error.
  select case when not pg_is_in_recovery() then pg_current_wal_lsn() end as written
),
replicas as materialized (
  select
    greatest(0, extract(epoch from r.replay_lag)) as lag_seconds,
    greatest(0, pg_wal_lsn_diff(p.written, r.replay_lsn)) as lag_bytes
  from pg_stat_replication as r
  cross join places as p
),
slots as materialized (
  select s.active, greatest(0, pg_wal_lsn_diff(p.written, s.restart_lsn)) as kept_bytes
  from pg_replication_slots as s
  cross join places as p
),
-- The tables that grow or change most, each with its partitions.
tables as materialized (
  select
    t.name,
    coalesce(sum(pg_total_relation_size(f.relid)), 0) as bytes,
    coalesce(sum(s.n_live_tup), 0) as live,
    coalesce(sum(s.n_dead_tup), 0) as dead
  from unnest(array['queue.jobs', 'queue.dead_jobs', 'queue.finished_jobs', 'queue.attempts_log',
    'queue.workers', 'orders', 'order_items', 'order_state_history', 'shop_events', 'fulfillments',
    'fulfillment_logs', 'inventory_levels', 'inventory_reservations', 'stock_movements',
    'notification_queue', 'webhook_events', 'webhook_deliveries', 'idempotency_keys',
    'archived_orders']) as t (name)
  cross join lateral (
    select to_regclass(t.name) as relid
    union
    select relid from pg_partition_tree(to_regclass(t.name))
  ) as f
  left join pg_stat_user_tables as s using (relid)
  group by t.name
),
database as (
  select *
  from pg_stat_database
  where datname = current_database()
)

select 'stevedore_pg_connections' as metric, jsonb_build_object('state', k.state) as labels,
  count(s.state)::double precision as value
from unnest(array['active', 'idle', 'idle_in_transaction', 'other']) as k (state)
left join sessions as s using (state)
group by k.state

union all
select 'stevedore_pg_connections_max', '{}',
  current_setting('max_connections')::double precision
    - current_setting('superuser_reserved_connections')::double precision

union all
select g.metric, '{}', coalesce(g.value, 0)::double precision
from (
  select
    count(*) filter (where waits_for_lock) as waiting,
    count(*) filter (where state = 'active' and query_seconds > 1) as slow,
    max(transaction_seconds) as oldest,
    max(state_seconds) filter (where state = 'idle_in_transaction') as held,
    max(age(backend_xmin)) as xmin_age
  from sessions
) as s
cross join lateral (values
  ('stevedore_pg_sessions_waiting_for_lock', waiting::numeric),
  ('stevedore_pg_slow_statements', slow),
  ('stevedore_pg_oldest_transaction_age_seconds', oldest),
  ('stevedore_pg_held_transaction_age_seconds', held),
  ('stevedore_pg_oldest_xmin_age_transactions', xmin_age)
) as g (metric, value)

union all
select g.metric, '{}', coalesce(g.value, 0)::double precision
from (
  select count(*) as replicas, max(lag_seconds) as seconds, max(lag_bytes) as bytes
  from replicas
) as r
cross join lateral (values
  ('stevedore_pg_replicas', replicas::numeric),
  ('stevedore_pg_replication_lag_seconds', seconds),
  ('stevedore_pg_replication_lag_bytes', bytes)
) as g (metric, value)

union all
select 'stevedore_pg_replication_slots', jsonb_build_object('state', k.state),
  count(s.active)::double precision
from (values ('active', true), ('inactive', false)) as k (state, active)
left join slots as s using (active)
group by k.state

union all
select 'stevedore_pg_replication_slot_bytes', '{}', coalesce(max(kept_bytes), 0)::double precision
from slots

union all
select 'stevedore_pg_table_bytes', jsonb_build_object('table', name), bytes::double precision
from tables

union all
select 'stevedore_pg_dead_tuples', jsonb_build_object('table', name), dead::double precision
from tables

union all
select 'stevedore_pg_dead_tuple_ratio', jsonb_build_object('table', name),
  dead::double precision / greatest(1, live + dead)::double precision
from tables

union all
select g.metric, g.labels, g.value::double precision
from database as d
cross join lateral (values
  ('stevedore_pg_transactions_total', '{"result": "commit"}'::jsonb, xact_commit),
  ('stevedore_pg_transactions_total', '{"result": "rollback"}', xact_rollback),
  ('stevedore_pg_blocks_total', '{"source": "cache"}', blks_hit),
  ('stevedore_pg_blocks_total', '{"source": "disk"}', blks_read),
  ('stevedore_pg_temp_bytes_total', '{}', temp_bytes),
  ('stevedore_pg_deadlocks_total', '{}', deadlocks)
) as g (metric, labels, value);

comment on view vw_database_gauges is 'The database itself as Prometheus gauges and counters.';
comment on column vw_database_gauges.metric is 'Name of the metric, as in docs/metrics.md.';
comment on column vw_database_gauges.labels is 'Its labels, an object of strings.';
comment on column vw_database_gauges.value is 'Its value now.';
