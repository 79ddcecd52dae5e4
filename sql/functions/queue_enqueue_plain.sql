-- Enqueues jobs that have neither a unique key nor a group and wait for nobody: nearly all, and so
-- made fast. Parallel arrays with one place per job; an array of one place holds for all jobs.
-- Null: the default.
--
-- Answers the ids in the order of p_args. Null: something may be wrong with them, nothing is
-- inserted, and the caller takes the long way, which tells what. (There each field of each job is
-- read from JSON: measured, seven times the work of the insert.)
-- Locks: none beyond the rows it inserts.
create or replace function queue.enqueue_plain(
  p_args jsonb[],
  p_kinds text[],
  p_queues text[],
  p_priorities smallint[],
  p_run_ats timestamptz[],
  p_max_attempts smallint[],
  p_trace_contexts text[]
)
returns bigint[]
language plpgsql volatile
set jit = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_trace constant text := nullif(left(current_setting('stevedore.traceparent', true), 200), '');
  v_ages constant boolean := exists (select from queue.queues as q where q.ageing is not null);
  v_lined constant boolean := exists (select from queue.kinds as k where k.own_line);
  v_fine boolean;
  v_ids bigint[];
begin
  select
    cardinality(p_args) <= 10000
    and (
      select coalesce(bool_and(case
        when jsonb_typeof(a) is distinct from 'object' then false
        when octet_length(a::text) <= 308 then true
        else octet_length(a::text) <= 1048576 and not queue.has_huge_number(a)
      end), true)
      from unnest(p_args) as a
    )
    and (
      select coalesce(
        bool_and(coalesce(
          octet_length(k) between 1 and 100 and k !~ '[^A-Za-z0-9_.:/-]', false)),
        false)
      from unnest(p_kinds) as k
    )
    and not exists (
      select from unnest(p_queues) as q
      where octet_length(q) not between 1 and 100 or q ~ '[^A-Za-z0-9_.:/-]')
    and not exists (select from unnest(p_priorities) as p where p not between -100 and 100)
    and not exists (select from unnest(p_max_attempts) as m where m not between 1 and 1000)
    and not exists (select from unnest(p_trace_contexts) as t where octet_length(t) > 200)
    -- A field that is neither said once nor for each job.
    and cardinality(p_kinds) in (1, cardinality(p_args))
    and cardinality(p_queues) in (1, cardinality(p_args))
    and cardinality(p_priorities) in (1, cardinality(p_args))
    and cardinality(p_run_ats) in (1, cardinality(p_args))
    and cardinality(p_max_attempts) in (1, cardinality(p_args))
    and cardinality(p_trace_contexts) in (1, cardinality(p_args))
  into v_fine;

  if v_fine is not true then
    return null;
  end if;

  with created as (
    insert into queue.jobs (
      job_id, run_at, created_at, order_at, rank, line, priority, max_attempts, state, queue, kind,
      args, trace_context
    )
    select
      nextval('queue.jobs_job_id_seq'), i.run_at, v_now,
      case when v_ages then i.run_at + queue.head_start(i.queue, i.priority) else i.run_at end,
      case when v_ages then queue.rank_of(i.queue, i.priority) else i.priority end,
      case when v_lined then queue.line_of(i.kind) else '' end,
      i.priority, i.max_attempts,
      case when i.run_at > v_now then 'scheduled' else 'ready' end,
      i.queue, i.kind, i.args, i.trace_context
    from (
      select
        u.args,
        -- Arrays of one place end after the first row; its value stands for the rest.
        coalesce(u.kind, p_kinds[1]) as kind,
        coalesce(u.queue, case when cardinality(p_queues) = 1 then p_queues[1] end, 'default')
          as queue,
        coalesce(
          u.priority, case when cardinality(p_priorities) = 1 then p_priorities[1] end,
          0::smallint) as priority,
        coalesce(u.run_at, case when cardinality(p_run_ats) = 1 then p_run_ats[1] end, v_now)
          as run_at,
        coalesce(
          u.max_attempts,
          case when cardinality(p_max_attempts) = 1 then p_max_attempts[1] end) as max_attempts,
        coalesce(
          u.trace_context,
          case when cardinality(p_trace_contexts) = 1 then p_trace_contexts[1] end,
          v_trace) as trace_context
      from unnest(
        p_args, p_kinds, p_queues, p_priorities, p_run_ats, p_max_attempts, p_trace_contexts
      ) as u(args, kind, queue, priority, run_at, max_attempts, trace_context)
    ) as i
    returning job_id
  )
  -- The sequence was asked in the order of p_args.
  select array_agg(c.job_id order by c.job_id) into v_ids from created as c;
  return coalesce(v_ids, '{}');
end
$$;

comment on function queue.enqueue_plain(
  jsonb[], text[], text[], smallint[], timestamptz[], smallint[], text[]) is
  'Enqueues jobs without keys and groups, fast; null when it cannot. Internal to the enqueues.';
