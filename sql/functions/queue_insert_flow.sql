-- Inserts jobs of which some wait for others, have a unique key for a period, or replace what the
-- holder of their unique key has. Around queue.insert_jobs, which plain jobs go to directly:
-- takes the periods before, replaces and makes the edges after.
-- Locks: rows of queue.unique_periods, by key; then see queue.add_dependencies.
create or replace function queue.insert_flow(p_jobs jsonb, p_prefix text)
returns table (
  "position" integer,
  job_id bigint,
  inserted boolean
)
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_count constant integer := jsonb_array_length(p_jobs);
  v_ids bigint[] := array_fill(null::bigint, array[v_count]);
  v_inserted boolean[] := array_fill(false, array[v_count]);
  v_refused integer[];
  v_job jsonb;
  v_row record;
begin
  with wanted as (
    select distinct on (body->>'unique_key')
      body->>'unique_key' as unique_key,
      ord,
      (body->>'unique_period')::double precision * interval '1 second' as period
    from jsonb_array_elements(p_jobs) with ordinality as element(body, ord)
    where body->>'unique_scope' = 'period'
    order by body->>'unique_key', ord
  ),
  -- Until the job has its id its place stands for it, and nobody can see that.
  taken as (
    insert into queue.unique_periods as p (unique_key, job_id, expires_at)
    select w.unique_key, -w.ord, v_now + w.period
    from wanted as w
    order by w.unique_key
    on conflict (unique_key) do update
      set job_id = excluded.job_id, expires_at = excluded.expires_at
      where p.expires_at <= v_now
    returning -p.job_id as ord
  )
  select array_agg(element.ord) into v_refused
  from jsonb_array_elements(p_jobs) with ordinality as element(body, ord)
  where body->>'unique_scope' = 'period'
    and not exists (select from taken as t where t.ord = element.ord);

  for v_row in
    with rest as materialized (
      select
        (row_number() over (order by element.ord))::integer as place,
        element.ord::integer as ord,
        element.body
      from jsonb_array_elements(p_jobs) with ordinality as element(body, ord)
      where not element.ord = any (coalesce(v_refused, '{}'))
    )
    select rest.ord, made.job_id, made.inserted
    from queue.insert_jobs(
      (select coalesce(jsonb_agg(rest.body order by rest.place), '[]') from rest)) as made
    join rest on rest.place = made.position + 1
  loop
    v_ids[v_row.ord] := v_row.job_id;
    v_inserted[v_row.ord] := v_row.inserted;
  end loop;

  update queue.unique_periods as p
  set job_id = v_ids[-p.job_id]
  from jsonb_array_elements(p_jobs) as element(body)
  where body->>'unique_scope' = 'period'
    and p.unique_key = body->>'unique_key'
    and p.job_id < 0;

  for ord in 1 .. v_count loop
    v_job := p_jobs->(ord - 1);
    if v_ids[ord] is null then
      v_ids[ord] := (
        select p.job_id
        from queue.unique_periods as p
        where p.unique_key = v_job->>'unique_key');
    end if;
    -- The holder may be claimed at this moment, and so let go of the key.
    for round in 1 .. 5 loop
      exit when v_inserted[ord] or jsonb_typeof(v_job->'replace') is distinct from 'array'
        or queue.replace_job(v_ids[ord], v_job);
      select made.job_id, made.inserted into v_row
      from queue.insert_jobs(jsonb_build_array(v_job)) as made;
      v_ids[ord] := v_row.job_id;
      v_inserted[ord] := v_row.inserted;
    end loop;
  end loop;

  if jsonb_path_exists(p_jobs, '$[*].after[*]') and true = any (v_inserted) then
    perform queue.add_dependencies(p_jobs, v_ids, v_inserted, p_prefix);
  end if;
  return query
    select (ord - 1)::integer, v_ids[ord], v_inserted[ord]
    from generate_subscripts(v_ids, 1) as ord;
end
$$;

comment on function queue.insert_flow(jsonb, text) is
  'Inserts well-formed jobs with edges, periods or replacement; internal to queue.enqueue.';
