-- A filter of jobs as the condition of a query over `j`, one of queue.jobs, queue.dead_jobs and
-- queue.finished_jobs; null when no row there can fit. Only what the filter names is asked, so
-- that each query is planned for its own filter. Values are quoted as literals here.
--
-- {states: [..], queue, kind, group_key, unique_key, error (text in it, any case), worker (name),
--  worker_id, args (contained JSON), ids: [..], from_id, to_id, created_after, created_before,
--  ended_after, ended_before}. 22023 when it names anything else.
create or replace function queue.job_condition(p_filter jsonb, p_source text)
returns text
language plpgsql stable
as $$
declare
  c_fields constant text[] := array[
    'states', 'queue', 'kind', 'group_key', 'unique_key', 'error', 'worker', 'worker_id', 'args',
    'ids', 'from_id', 'to_id', 'created_after', 'created_before', 'ended_after', 'ended_before'];
  v_filter constant jsonb := jsonb_strip_nulls(p_filter);
  v_ended constant text := case p_source
    when 'dead_jobs' then 'j.died_at'
    when 'finished_jobs' then 'j.finished_at'
    else 'null::timestamptz' end;
  v_states text[];
  v_unknown text;
  v_condition text;
begin
  select string_agg(field, ', ') into v_unknown
  from jsonb_object_keys(v_filter) as field
  where field <> all (c_fields);
  if v_unknown is not null then
    raise exception 'a filter of jobs cannot name %', v_unknown using errcode = '22023';
  end if;

  if v_filter ? 'states' then
    v_states := array(select jsonb_array_elements_text(v_filter->'states'));
    if p_source = 'dead_jobs' then
      if 'dead' <> all (v_states) then
        return null;
      end if;
      v_states := null;
    elsif p_source = 'finished_jobs' then
      v_states := array(
        select state from unnest(v_states) as state
        where state in ('completed', 'cancelled', 'discarded'));
    else
      v_states := array(
        select state from unnest(v_states) as state
        where state not in ('dead', 'completed', 'cancelled', 'discarded'));
    end if;
    if v_states = '{}' then
      return null;
    end if;
  end if;

  select string_agg(part, ' and ') into v_condition
  from (
    values
      (format('j.state = any (%L)', v_states), v_states is not null),
      (format('j.queue = %L', v_filter->>'queue'), v_filter ? 'queue'),
      (format('j.kind = %L', v_filter->>'kind'), v_filter ? 'kind'),
      (format('j.group_key = %L', v_filter->>'group_key'), v_filter ? 'group_key'),
      (format('j.unique_key = %L', v_filter->>'unique_key'), v_filter ? 'unique_key'),
      (format('strpos(lower(j.last_error), lower(%L)) > 0', v_filter->>'error'),
        v_filter ? 'error'),
      (format('j.worker_id in (select w.worker_id from queue.workers as w where w.name = %L)',
        v_filter->>'worker'), v_filter ? 'worker'),
      (format('j.worker_id = %L', v_filter->>'worker_id'), v_filter ? 'worker_id'),
      (format('j.args @> %L', v_filter->'args'), v_filter ? 'args'),
      (format('j.job_id = any (%L)',
        array(select value::bigint from jsonb_array_elements_text(
          coalesce(v_filter->'ids', '[]')) as id(value))), v_filter ? 'ids'),
      (format('j.job_id >= %L', v_filter->>'from_id'), v_filter ? 'from_id'),
      (format('j.job_id <= %L', v_filter->>'to_id'), v_filter ? 'to_id'),
      (format('j.created_at >= %L', v_filter->>'created_after'), v_filter ? 'created_after'),
      (format('j.created_at < %L', v_filter->>'created_before'), v_filter ? 'created_before'),
      (format('%s >= %L', v_ended, v_filter->>'ended_after'), v_filter ? 'ended_after'),
      (format('%s < %L', v_ended, v_filter->>'ended_before'), v_filter ? 'ended_before')
  ) as asked(part, is_asked)
  where is_asked;
  return coalesce(v_condition, 'true');
end
$$;

comment on function queue.job_condition(jsonb, text) is
  'A filter of jobs as a condition on one of their three tables; internal to list, count and bulk.';
