-- What is wrong with tables, indexes and sequences, as doctor() tells it.
create or replace function doctor_tables()
returns table (finding text, severity text, subject text, evidence text, advice text)
language sql stable
as $$
  with indexes as (
    select
      i.indexrelid::regclass as name,
      i.indrelid::regclass as table_name,
      i.indisvalid,
      i.indisunique,
      pg_relation_size(i.indexrelid) as bytes,
      coalesce(s.idx_scan, 0) as uses,
      exists (
        select from pg_constraint as k
        where k.conindid = i.indexrelid
      ) as is_constraint,
      -- Two indexes of the same sort, columns and condition do the same work.
      concat_ws('/', i.indrelid, i.indisunique, i.indkey, i.indclass, i.indoption,
        i.indexprs, i.indpred) as sameness
    from pg_index as i
    join pg_class as c on c.oid = i.indrelid
    join pg_namespace as n on n.oid = c.relnamespace
    left join pg_stat_user_indexes as s on s.indexrelid = i.indexrelid
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and c.relkind in ('r', 'm')
  ),
  tables as (
    select relid::regclass as name, *
    from pg_stat_user_tables
  )
  select 'invalid_index', 'critical', 'index ' || name,
    'it was not built to its end: no query uses it, every write pays for it',
    format('drop index concurrently %s; then make it again (stevedore migrate).', name)
  from indexes
  where not indisvalid
  union all
  select 'unused_index', 'notice', 'index ' || name,
    format('%s, and no query has used it since the statistics began', pg_size_pretty(bytes)),
    format('Look at replicas, too; if nobody misses it: drop index concurrently %s;', name)
  from indexes
  where uses = 0
    and bytes > 1024 * 1024
    and indisvalid
    and not indisunique
    and not is_constraint
  union all
  select 'duplicate_index', 'notice', 'index ' || max(name::text),
    format('it does the same as %s', min(name::text)),
    format('drop index concurrently %s;', max(name::text))
  from indexes
  group by sameness
  having count(*) > 1
  union all
  select 'missing_index', 'warning', 'table ' || name,
    format('read from end to end %s times, %s rows each time', seq_scan, seq_tup_read / seq_scan),
    'Look for its statements among the slow ones, and explain (analyze, buffers) them.'
  from tables
  where seq_scan > 100
    and seq_tup_read / seq_scan > 10000
  union all
  -- A deleted or changed row looks for those that point to it.
  select 'missing_index', 'warning', format('table %s', k.conrelid::regclass),
    format('%s has no index for its columns, %s rows', k.conname, t.n_live_tup),
    format('create index concurrently on %s (%s);', k.conrelid::regclass,
      (select string_agg(quote_ident(a.attname), ', ' order by f.place)
       from unnest(k.conkey) with ordinality as f (attnum, place)
       join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = f.attnum))
  from pg_constraint as k
  join tables as t on t.relid = k.conrelid
  where k.contype = 'f'
    and t.n_live_tup > 10000
    and (k.confdeltype <> 'a' or k.confupdtype <> 'a')
    and not exists (
      select from pg_index as i
      where i.indrelid = k.conrelid
        and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey)
  union all
  select 'dead_rows', 'warning', 'table ' || name,
    format('%s dead rows beside %s living ones; last vacuum: %s', n_dead_tup, n_live_tup,
      coalesce(date_trunc('second', greatest(last_vacuum, last_autovacuum))::text, 'never')),
    format('vacuum (verbose, analyze) %s; if they stay, a held transaction or a slot keeps them.',
      name)
  from tables
  where n_dead_tup > 10000
    and n_dead_tup > 0.2 * n_live_tup
  union all
  select 'no_statistics', 'notice', 'table ' || name,
    format('%s rows, never analyzed: its plans are guesses', n_live_tup),
    format('analyze %s;', name)
  from tables
  where n_live_tup > 10000
    and greatest(last_analyze, last_autoanalyze) is null
  union all
  select 'sequence_end', case when s.used > 0.8 then 'critical' else 'warning' end,
    format('sequence %I.%I', s.schemaname, s.sequencename),
    format('%s of %s numbers are used', s.last_value, s.max_value),
    'Make its column bigint before it ends, and the sequence: alter sequence … as bigint;'
  from (
    select *, last_value::numeric / max_value as used
    from pg_sequences
    where not cycle
      and increment_by > 0
  ) as s
  where s.used > 0.5
$$;

comment on function doctor_tables() is
  'Tables, indexes and sequences: dead rows, unused and missing indexes, ends. Part of doctor().';
