-- Inserts jobs that are known to be well-formed (queue.job_problems). The one place where jobs
-- come into being, and where their first state is decided:
--   scheduled  run_at is ahead
--   waiting    it waits for other jobs (`after`; queue.add_dependencies makes the edges)
--   blocked    its group has no place for it: other jobs of the group are ready, running, blocked
--              or stand before it in this array
--   ready      otherwise
-- A job of a group whose neighbour commits at the same moment may be blocked though nobody is
-- before it any more; queue.sweep_groups() finds it within a second or two.
-- Its place in line (rank, line, order_at) is looked up per job only where there is a queue with
-- ageing or a kind with a line of its own.
create or replace function queue.insert_jobs(p_jobs jsonb)
returns table (
  "position" integer,
  job_id bigint,
  inserted boolean
)
language plpgsql volatile
-- Every look at queue.jobs is by a key. On a young table the planner does not know that yet, and
-- would read all of it for each call.
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_trace constant text := nullif(left(current_setting('stevedore.traceparent', true), 200), '');
  v_ages constant boolean := exists (select from queue.queues as q where q.ageing is not null);
  v_lined constant boolean := exists (select from queue.kinds as k where k.own_line);
  v_ids bigint[];
  v_inserted boolean[];
  v_rest jsonb;
  v_places integer[];
  v_holder bigint;
begin
  with input as materialized (
    select
      element.position,
      nextval('queue.jobs_job_id_seq') as job_id,
      coalesce(body->>'queue', 'default') as queue,
      body->>'kind' as kind,
      coalesce(nullif(body->'args', 'null'), '{}') as args,
      coalesce((body->>'priority')::smallint, 0::smallint) as priority,
      coalesce((body->>'run_at')::timestamptz, v_now) as run_at,
      (body->>'max_attempts')::smallint as max_attempts,
      body->>'unique_key' as unique_key,
      body->>'group_key' as group_key,
      case when jsonb_typeof(body->'after') = 'array'
        then nullif(jsonb_array_length(body->'after'), 0) end as waiting_for,
      case when body->>'unique_key' is not null
        then coalesce(body->>'unique_scope', 'unfinished') end as unique_scope,
      coalesce(body->>'trace_context', v_trace) as trace_context
    from jsonb_array_elements(p_jobs) with ordinality as element(body, position)
  ),
  -- In one pass: without hash joins a look-up per job would read all of them each time.
  placed as materialized (
    select
      *,
      case when group_key is not null and run_at <= v_now and waiting_for is null then
        row_number() over (
          partition by group_key, run_at <= v_now and waiting_for is null
          order by priority, run_at, job_id)
      end as turn
    from input
  ),
  created as (
    insert into queue.jobs (
      job_id, run_at, created_at, order_at, rank, line, priority, max_attempts, unique_held, state,
      queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      waiting_for
    )
    select
      i.job_id, i.run_at, v_now,
      case when v_ages then i.run_at + queue.head_start(i.queue, i.priority) else i.run_at end,
      case when v_ages then queue.rank_of(i.queue, i.priority) else i.priority end,
      case when v_lined then queue.line_of(i.kind) else '' end,
      i.priority, i.max_attempts,
      i.unique_key is not null and i.unique_scope <> 'period',
      case
        when i.waiting_for is not null then 'waiting'
        when i.run_at > v_now then 'scheduled'
        when i.group_key is null then 'ready'
        when exists (
          select from queue.jobs as before
          where before.group_key = i.group_key and before.state = 'blocked'
        ) then 'blocked'
        when i.turn
          + (
            select count(*) from queue.jobs as busy
            where busy.group_key = i.group_key and busy.state in ('ready', 'running')
          ) > coalesce(
            (
              select l.max_running from queue.limits as l
              where l.scope = 'group' and l.name = i.group_key
            ),
            1) then 'blocked'
        else 'ready'
      end,
      i.queue, i.kind, i.args, i.unique_key, i.unique_scope, i.group_key, i.trace_context,
      i.waiting_for
    from placed as i
    order by i.position
    on conflict (unique_key) where unique_held do nothing
    returning job_id
  ),
  outcome as (
    select
      job_id, min(position) as position, min(unique_key) as unique_key, bool_or(is_made) as is_made
    from (
      select job_id, position, unique_key, false as is_made from input
      union all
      select job_id, null, null, true from created
    ) as both_sides
    group by job_id
  )
  select
    array_agg(case when o.is_made then o.job_id else holder.job_id end order by o.position),
    array_agg(o.is_made order by o.position)
  into v_ids, v_inserted
  from outcome as o
  left join queue.jobs as holder
    on not o.is_made and holder.unique_key = o.unique_key and holder.unique_held;

  if v_ids is null or array_position(v_ids, null) is null then
    return query
      select (ord - 1)::integer, v_ids[ord], v_inserted[ord]
      from generate_subscripts(v_ids, 1) as ord;
    return;
  end if;

  -- The holder was not in the statement's snapshot: it stands earlier in this array, or committed
  -- a moment ago, or has ended since. Look again; who still has none is enqueued anew.
  for ord in 1 .. cardinality(v_ids) loop
    if v_ids[ord] is null then
      select holder.job_id into v_holder
      from queue.jobs as holder
      where holder.unique_key = p_jobs->(ord - 1)->>'unique_key' and holder.unique_held;
      v_ids[ord] := v_holder;
      if v_holder is null then
        v_rest := coalesce(v_rest, '[]') || jsonb_build_array(p_jobs->(ord - 1));
        v_places := v_places || ord;
      end if;
    end if;
  end loop;

  return query
    select (ord - 1)::integer, v_ids[ord], v_inserted[ord]
    from generate_subscripts(v_ids, 1) as ord
    where v_ids[ord] is not null;
  if v_rest is not null then
    return query
      select v_places[again.position + 1] - 1, again.job_id, again.inserted
      from queue.insert_jobs(v_rest) as again;
  end if;
end
$$;

comment on function queue.insert_jobs(jsonb) is
  'Inserts well-formed jobs; internal to queue.enqueue and queue.enqueue_many, which check them.';
