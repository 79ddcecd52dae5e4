-- What is wrong with the server, as doctor() tells it: settings, the age of transactions, slots
-- that keep WAL, checkpoints that come too early.
create or replace function doctor_server()
returns table (finding text, severity text, subject text, evidence text, advice text)
language plpgsql stable
as $$
declare
  v_asked bigint;
  v_timed bigint;
begin
  -- PostgreSQL 17 moved the numbers.
  if to_regclass('pg_catalog.pg_stat_checkpointer') is null then
    execute 'select checkpoints_req, checkpoints_timed from pg_stat_bgwriter'
    into v_asked, v_timed;
  else
    execute 'select num_requested, num_timed from pg_stat_checkpointer'
    into v_asked, v_timed;
  end if;

  return query
  with bad (name, bad_value, severity, evidence, advice) as (
    values
      ('fsync', 'off', 'critical', 'a power cut loses the whole database',
        'alter system set fsync = on; select pg_reload_conf();'),
      ('full_page_writes', 'off', 'critical', 'a power cut can tear pages that cannot be repaired',
        'alter system set full_page_writes = on; select pg_reload_conf();'),
      ('autovacuum', 'off', 'critical', 'dead rows are never removed and statistics never renewed',
        'alter system set autovacuum = on; select pg_reload_conf();'),
      ('track_counts', 'off', 'critical', 'autovacuum does not know where it is needed',
        'alter system set track_counts = on; select pg_reload_conf();'),
      ('synchronous_commit', 'off', 'warning', 'a crash loses orders that were acknowledged',
        'alter system set synchronous_commit = on; claims and heartbeats turn it off themselves.'),
      ('shared_buffers', '16384', 'notice', 'it is the default, 128 MB',
        'A quarter of the memory is usual: alter system set shared_buffers = …; and a restart.'),
      ('random_page_cost', '4', 'notice', 'it is the default, for spinning disks',
        'On SSD: alter system set random_page_cost = 1.1; select pg_reload_conf();')
  )
  select 'setting', b.severity, s.name, format('%s is %s: %s', s.name, s.setting, b.evidence),
    b.advice
  from bad as b
  join pg_settings as s using (name)
  where s.setting = b.bad_value;

  return query
  select 'checkpoints', 'notice', 'max_wal_size',
    format('%s checkpoints because the WAL was full, %s because it was time', v_asked, v_timed),
    'They write every page anew: alter system set max_wal_size = ''8GB''; select pg_reload_conf();'
  where v_asked > 20
    and v_asked > v_timed;

  return query
  select 'transaction_age', case when d.used > 0.7 then 'critical' else 'warning' end,
    'database ' || d.datname,
    format('the oldest row is %s transactions old; at 2 billion the server stops', d.age),
    'vacuum (freeze, verbose) the oldest tables, after ending held transactions and unused slots.'
  from (
    select datname, age(datfrozenxid) as age, age(datfrozenxid) / 2e9 as used
    from pg_database
  ) as d
  where d.used > 0.25;

  return query
  select 'replication_slot',
    case when s.kept > 10 * 1024::numeric ^ 3 or s.wal_status in ('unreserved', 'lost')
      then 'critical' else 'warning' end,
    'slot ' || s.slot_name,
    format('nobody reads it, and it keeps %s of WAL', pg_size_pretty(s.kept)),
    format('If its standby is gone: select pg_drop_replication_slot(%L); '
      'max_slot_wal_keep_size is a limit.', s.slot_name)
  from (
    select r.slot_name, r.wal_status,
      pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
          else pg_current_wal_lsn() end,
        r.restart_lsn) as kept
    from pg_replication_slots as r
    where not r.active
  ) as s;

  return query
  select 'prepared_transaction', 'critical', 'transaction ' || p.gid,
    format('prepared %s, holds its locks and keeps dead rows', date_trunc('second', p.prepared)),
    format('Nothing of ours prepares transactions: rollback prepared %L;', p.gid)
  from pg_prepared_xacts as p
  where p.prepared < clock_now() - interval '1 minute';
end
$$;

comment on function doctor_server() is
  'The server: settings, age of transactions, slots, checkpoints. A part of doctor().';
