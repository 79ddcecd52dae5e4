-- The statements that cost this database most, as doctor() tells it: those of 100 ms and more in
-- the mean, from pg_stat_statements where that is; else how to get it.
create or replace function doctor_statements()
returns table (finding text, severity text, subject text, evidence text, advice text)
language plpgsql stable
as $$
begin
  if exists (select from pg_extension where extname = 'pg_stat_statements')
    and current_setting('shared_preload_libraries') ~ '\mpg_stat_statements\M'
  then
    return query execute $slow$
      select 'slow_statement', 'warning',
        left(regexp_replace(query, '\s+', ' ', 'g'), 200),
        format('%s calls, %s ms in the mean, %s s in all, %s rows a call', calls,
          round(mean_exec_time::numeric, 1), round(total_exec_time::numeric / 1000),
          rows / greatest(calls, 1)),
        'explain (analyze, buffers) it; select pg_stat_statements_reset(); after the change.'
      from pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database())
        and mean_exec_time >= 100
        and calls >= 3
      order by total_exec_time desc
      limit 10
    $slow$;
  else
    return query
    select 'no_statement_statistics', 'notice', 'pg_stat_statements',
      'it is not there, so nobody knows which statements are slow',
      'shared_preload_libraries = ''pg_stat_statements'', restart; create extension '
        'pg_stat_statements;';
  end if;
end
$$;

comment on function doctor_statements() is
  'Slow statements, by pg_stat_statements. A part of doctor().';
