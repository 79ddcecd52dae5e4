-- Creates the partition of one day (UTC) and moves into it what lies in the default partition.
-- Only the owner may make tables, so it runs as the owner, for the role stevedore_worker.
create or replace function queue.create_partition(p_parent text, p_name text, p_day date)
returns void
language plpgsql volatile
security definer
set search_path = public, pg_temp
as $$
declare
  v_from constant timestamptz := p_day::timestamp at time zone 'UTC';
  v_to constant timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
begin
  execute format(
    'create table queue.%I (like queue.%I including defaults including constraints)',
    p_name, p_parent);
  execute format('comment on table queue.%I is %L', p_name, 'Rows of ' || p_day || ' (UTC).');
  execute format(
    'with moved as (delete from queue.%I where finished_at >= $1 and finished_at < $2 returning *)
     insert into queue.%I select * from moved',
    p_parent || '_default', p_name)
  using v_from, v_to;
  execute format(
    'alter table queue.%I attach partition queue.%I for values from (%L) to (%L)',
    p_parent, p_name, v_from, v_to);
end
$$;

comment on function queue.create_partition(text, text, date) is
  'Creates the history partition of one day; internal to queue.maintain_partitions.';
