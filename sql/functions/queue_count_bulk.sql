-- How many jobs a bulk change would touch now, counted up to p_limit: its dry run.
-- Reads the hot table or the dead ones once. Locks: none.
create or replace function queue.count_bulk(
  p_action text,
  p_filter jsonb,
  p_limit bigint default 1000000
)
returns bigint
language plpgsql stable
set jit = off
as $$
declare
  v_source text;
  v_state text;
  v_condition text;
  v_count bigint;
begin
  select s.source, s.condition into v_source, v_state from queue.bulk_states(p_action) as s;
  v_condition := queue.job_condition(p_filter, v_source);
  if v_condition is null then
    return 0;
  end if;
  execute format(
    'select count(*) from (select from queue.%I as j where %s and %s limit $1) as picked',
    v_source, v_state, v_condition)
  into v_count
  using p_limit;
  return v_count;
end
$$;

comment on function queue.count_bulk(text, jsonb, bigint) is
  'How many jobs queue.bulk would touch, counted up to a limit.';
