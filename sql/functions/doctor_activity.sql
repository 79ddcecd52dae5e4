-- What is wrong with sessions, as doctor() tells it: too many, transactions that are held, locks
-- that others wait for, and whether all of them can be seen at all.
create or replace function doctor_activity(p_held interval, p_pool_max integer)
returns table (finding text, severity text, subject text, evidence text, advice text)
language sql stable
as $$
  with sessions as (
    select *, clock_now() - xact_start as held
    from pg_stat_activity
    where backend_type = 'client backend'
      and pid <> pg_backend_pid()
  ),
  room as (
    select
      (select count(*) + 1 from sessions) as used,
      current_setting('max_connections')::bigint
        - current_setting('superuser_reserved_connections')::bigint as there
  ),
  -- Beside its pool each worker has one connection to listen and one for its heartbeat.
  fleet as (
    select count(*) as workers, count(*) * (p_pool_max + 2) as wanted
    from queue.workers
    where state not in ('stopped', 'dead')
  )
  select 'held_transaction',
    case when held > 10 * p_held then 'critical' else 'warning' end,
    format('session %s of %s', pid, coalesce(nullif(application_name, ''), usename)),
    format('%s, its transaction began %s ago; last statement: %s', state,
      date_trunc('second', held), left(regexp_replace(query, '\s+', ' ', 'g'), 120)),
    format('Nothing that was deleted since can be cleaned up. If its program does not end it: '
      'select pg_terminate_backend(%s); DATABASE_IDLE_IN_TRANSACTION_TIMEOUT ends ours by itself.',
      pid)
  from sessions
  where held > p_held
    and state is distinct from 'idle'
  union all
  select 'lock_wait', 'warning',
    format('session %s of %s', pid, coalesce(nullif(application_name, ''), usename)),
    format('waits since %s for a lock of %s: %s', date_trunc('second', query_start),
      array_to_string(pg_blocking_pids(pid), ', '),
      left(regexp_replace(query, '\s+', ' ', 'g'), 120)),
    'Look at what the holders do: select pid, state, query from pg_stat_activity;'
  from sessions
  where wait_event_type = 'Lock'
    and clock_now() - query_start > p_held
  union all
  select 'connections',
    case when used > 0.9 * there then 'critical' else 'warning' end,
    'the server', format('%s of %s connections are taken', used, there),
    'Lower DATABASE_POOL_MAX, put PgBouncer in front, or raise max_connections (some MB each).'
  from room
  where used > 0.7 * there
  union all
  select 'pools', 'warning', 'the fleet',
    format('%s workers with DATABASE_POOL_MAX=%s may open %s connections, the server has %s',
      workers, p_pool_max, wanted, there),
    'Lower DATABASE_POOL_MAX, put PgBouncer in front, or raise max_connections (some MB each).'
  from room, fleet
  where wanted > there
  union all
  select 'unseen', 'notice', 'this role', 'it does not see what other roles'' sessions do',
    format('grant pg_monitor to %I;', current_user)
  where not pg_has_role('pg_read_all_stats', 'usage')
$$;

comment on function doctor_activity(interval, integer) is
  'Sessions: connections, held transactions, waits for locks. A part of doctor().';
