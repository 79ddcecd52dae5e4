-- Makes the partitions of archived_orders for this year (UTC) and the next.
-- Locks: the parent in share update exclusive mode, when one is missing. Only the owner may make
-- tables, so it runs as the owner; archive_orders() calls it.
create or replace function make_archive_partitions()
returns void
language plpgsql volatile
security definer
set search_path = public, pg_temp
set client_min_messages = warning
as $$
declare
  v_year integer;
  v_name text;
begin
  for v_year in
    select extract(year from clock_now() at time zone 'UTC')::integer + ahead
    from generate_series(0, 1) as ahead
  loop
    v_name := 'archived_orders_' || v_year;
    continue when to_regclass('public.' || v_name) is not null;
    perform pg_advisory_xact_lock(hashtextextended('make_archive_partitions', 0));
    -- Asked of the table itself: what the cache knew before the wait is no answer.
    continue when exists (
      select from pg_class
      where relnamespace = 'public'::regnamespace and relname = v_name);
    execute format('create table %I (like archived_orders including all)', v_name);
    execute format('comment on table %I is %L', v_name, 'Put away in ' || v_year || ' (UTC).');
    execute format(
      'alter table archived_orders attach partition %I for values from (%L) to (%L)',
      v_name, v_year || '-01-01 00:00+00', v_year + 1 || '-01-01 00:00+00');
  end loop;
end
$$;

comment on function make_archive_partitions() is
  'Makes the partitions of archived_orders for this year and the next.';
