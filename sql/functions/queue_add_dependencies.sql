-- Makes the edges of jobs that were just inserted as waiting (queue.insert_flow), in the same
-- transaction: p_ids and p_inserted stand place by place for the elements of p_jobs. What has ended
-- already is settled at once: who waits for nobody goes on, who must not is cancelled.
--
-- The predecessors' rows are locked and marked, so that none ends without seeing the new edge: its
-- end waits for this commit, and then finds the mark. Marked even when they bear the mark: only a
-- changed row stops an end under repeatable read whose snapshot is older than the edge.
-- Locks: the predecessors' rows, by id. Index: jobs_pkey, dead_jobs_pkey, finished_jobs_job_id_idx.
create or replace function queue.add_dependencies(
  p_jobs jsonb,
  p_ids bigint[],
  p_inserted boolean[],
  p_prefix text
)
returns void
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_jobs bigint[];
  v_after bigint[];
  v_policies text[];
  v_live bigint[];
  v_unknown bigint;
  v_free bigint[];
  v_failed bigint[];
  v_causes bigint[];
begin
  select array_agg(edge.job_id), array_agg(edge.after_id), array_agg(edge.policy)
  into v_jobs, v_after, v_policies
  from (
    select distinct on (p_ids[element.ord], named.after_id)
      p_ids[element.ord] as job_id,
      named.after_id,
      coalesce(edge->>'on_failure', body->>'on_failure', 'cancel') as policy
    from jsonb_array_elements(p_jobs) with ordinality as element(body, ord)
    cross join lateral jsonb_array_elements(
      case jsonb_typeof(body->'after') when 'array' then body->'after' end)
      with ordinality as predecessor(edge, place)
    cross join lateral (
      select case jsonb_typeof(edge)
        when 'number' then edge::bigint
        else coalesce((edge->>'job_id')::bigint, p_ids[(edge->>'position')::integer + 1])
      end as after_id
    ) as named
    where p_inserted[element.ord]
    order by p_ids[element.ord], named.after_id, predecessor.place
  ) as edge;

  -- A dead job that is retried at this moment is found neither here nor there: look again.
  for round in 1 .. 3 loop
    with locked as materialized (
      select j.job_id
      from queue.jobs as j
      where j.job_id = any (v_after)
      order by j.job_id
      for update
    ),
    marked as (
      update queue.jobs as j
      set has_dependants = true
      from locked
      where j.job_id = locked.job_id
      returning j.job_id, j.queue, j.state
    )
    select array_agg(m.job_id) into v_live from marked as m;
    perform from queue.dead_jobs as d where d.job_id = any (v_after) order by d.job_id for share;

    select min(edge.after_id) into v_unknown
    from unnest(v_after) as edge(after_id)
    where not edge.after_id = any (coalesce(v_live, '{}'))
      and not exists (select from queue.dead_jobs as d where d.job_id = edge.after_id)
      and not exists (select from queue.finished_jobs as f where f.job_id = edge.after_id);
    exit when v_unknown is null;
  end loop;
  if v_unknown is not null then
    raise exception 'job %, which another shall wait for, is not known', v_unknown
      using errcode = 'P0JOB', detail = (
        select jsonb_agg(jsonb_build_object(
          'field', format(p_prefix, array_position(p_ids, e.job_id) - 1) || 'after',
          'code', 'unknown',
          'message', format('there is no job %s, or its history was dropped', v_unknown)))
        from unnest(v_jobs, v_after) as e(job_id, after_id)
        where e.after_id = v_unknown)::text;
  end if;

  insert into queue.dependencies (job_id, after_job_id, settled_at, on_failure, outcome)
  select
    e.job_id,
    e.after_id,
    case when past.outcome is not null then v_now end,
    e.policy,
    past.outcome
  from unnest(v_jobs, v_after, v_policies) as e(job_id, after_id, policy)
  cross join lateral (
    select case
      when e.after_id = any (coalesce(v_live, '{}')) then null
      when exists (select from queue.dead_jobs as d where d.job_id = e.after_id)
        then case e.policy when 'wait' then null else 'dead' end
      else (select f.state from queue.finished_jobs as f where f.job_id = e.after_id limit 1)
    end as outcome
  ) as past;

  with waits as materialized (
    select
      d.job_id,
      count(*) filter (where d.settled_at is null) as edges,
      min(d.after_job_id) filter (
        where d.outcome in ('dead', 'cancelled') and d.on_failure <> 'run') as cause
    from queue.dependencies as d
    where d.job_id = any (v_jobs)
    group by d.job_id
  ),
  counted as (
    update queue.jobs as j
    set waiting_for = w.edges
    from waits as w
    where j.job_id = w.job_id
      and w.edges > 0
      and w.edges <> j.waiting_for
  )
  select
    array_agg(w.job_id) filter (where w.cause is null and w.edges = 0),
    array_agg(w.job_id) filter (where w.cause is not null),
    array_agg(w.cause) filter (where w.cause is not null)
  into v_free, v_failed, v_causes
  from waits as w;

  if v_free is not null then
    perform queue.release_waiting(v_free);
  end if;
  v_failed := queue.cancel_waiting(v_failed, v_causes, 'dead or cancelled');
  if v_failed is not null then
    perform queue.end_dependencies(v_failed, 'cancelled');
  end if;
  -- A claim may have passed over the predecessors while their rows were locked.
  perform pg_notify('queue_jobs', passed.queue)
  from (
    select distinct j.queue
    from queue.jobs as j
    where j.job_id = any (v_live) and j.state = 'ready'
  ) as passed;
end
$$;

comment on function queue.add_dependencies(jsonb, bigint[], boolean[], text) is
  'Makes the edges of jobs that were just inserted; internal to queue.insert_flow.';
