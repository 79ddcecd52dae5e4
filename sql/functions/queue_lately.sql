-- How attempts ended lately, by queue, kind and outcome, and over how many seconds that was
-- counted: a rate is ended / seconds.
--
-- History has no index by time, which each completion would have to pay for. It only grows at its
-- end, so its newest pages are its newest rows: this reads 256 pages of each history at most
-- (about 5,000 rows; 2 ms), over p_seconds or, where the pages hold less, what they hold.
-- Locks: none.
create or replace function queue.lately(p_seconds integer default 60)
returns table (
  queue text,
  kind text,
  outcome text,
  ended bigint,
  seconds double precision
)
language plpgsql stable
set jit = off
as $$
#variable_conflict use_column
declare
  c_pages constant bigint := 256;
  v_now constant timestamptz := clock_now();
  v_history text;
  v_outcome text;
  v_tables regclass[];
  v_starts tid[];
  v_from timestamptz;
  v_first timestamptz;
  v_parts text;
begin
  for v_history, v_outcome in values ('finished_jobs', 'state'), ('attempts_log', 'outcome') loop
    select
      array_agg(part.oid::regclass order by part.oid),
      array_agg(format('(%s,0)', greatest(0, part.pages - c_pages))::tid order by part.oid)
    into v_tables, v_starts
    from (
      select c.oid, pg_relation_size(c.oid) / current_setting('block_size')::bigint as pages
      from pg_catalog.pg_inherits as i
      join pg_catalog.pg_class as c on c.oid = i.inhrelid
      where i.inhparent = ('queue.' || v_history)::regclass
        and (c.relname = v_history || '_default'
          or c.relname in (
            v_history || to_char(v_now at time zone 'UTC', '"_"YYYYMMDD'),
            v_history || to_char((v_now - p_seconds * interval '1 second') at time zone 'UTC',
              '"_"YYYYMMDD')))
    ) as part
    where part.pages > 0;
    continue when v_tables is null;

    v_from := v_now - p_seconds * interval '1 second';
    for place in 1 .. cardinality(v_tables) loop
      if v_starts[place] <> '(0,0)'::tid then
        execute format('select min(finished_at) from %s where ctid >= $1', v_tables[place])
        into v_first
        using v_starts[place];
        v_from := greatest(v_from, v_first);
      end if;
    end loop;
    select string_agg(
      format('select queue, kind, %I as outcome from %s where ctid >= %L and finished_at >= $1',
        v_outcome, v_tables[place], v_starts[place]), ' union all ')
    into v_parts
    from generate_subscripts(v_tables, 1) as place;
    return query execute
      'select queue, kind, outcome, count(*), $2 from (' || v_parts || ') as newest'
      || ' group by queue, kind, outcome'
    using v_from, greatest(extract(epoch from v_now - v_from), 0.001)::double precision;
  end loop;
end
$$;

comment on function queue.lately(integer) is
  'How attempts ended in the last seconds, by queue, kind and outcome, from the newest history.';
