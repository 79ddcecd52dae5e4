-- One job for people, whatever its state: no row when it is unknown (or its history was dropped).
create or replace function queue.job(p_job_id bigint)
returns table (
  job_id bigint,
  kind text,
  queue text,
  state text,
  priority smallint,
  args jsonb,
  attempt integer,
  forgiven integer,
  max_attempts smallint,
  run_at timestamptz,
  created_at timestamptz,
  claimed_at timestamptz,
  finished_at timestamptz,
  worker_id bigint,
  worker text,
  unique_key text,
  unique_scope text,
  group_key text,
  trace_context text,
  cancel_requested boolean,
  last_error text,
  attempts jsonb
)
language sql stable
as $$
  with found as (
    select
      job_id, kind, queue, state, priority, args, attempt, forgiven, max_attempts, run_at,
      created_at, claimed_at, null::timestamptz as finished_at, worker_id, unique_key,
      unique_scope, group_key, trace_context, cancel_requested, last_error
    from queue.jobs
    where job_id = p_job_id
    union all
    select
      job_id, kind, queue, 'dead', priority, args, attempt, forgiven, max_attempts, run_at,
      created_at, claimed_at, died_at, worker_id, unique_key,
      unique_scope, group_key, trace_context, false, last_error
    from queue.dead_jobs
    where job_id = p_job_id
    union all
    select
      job_id, kind, queue, state, priority, args, attempt, forgiven, max_attempts, run_at,
      created_at, claimed_at, finished_at, worker_id, unique_key,
      unique_scope, group_key, trace_context, false, last_error
    from queue.finished_jobs
    where job_id = p_job_id
  )
  select
    f.job_id, f.kind, f.queue, f.state, f.priority, f.args, f.attempt, f.forgiven,
    f.max_attempts, f.run_at, f.created_at, f.claimed_at, f.finished_at, f.worker_id, w.name,
    f.unique_key, f.unique_scope, f.group_key, f.trace_context, f.cancel_requested, f.last_error,
    coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'attempt', a.attempt,
            'outcome', a.outcome,
            'worker_id', a.worker_id,
            'started_at', a.started_at,
            'finished_at', a.finished_at,
            'error', a.error)
          order by a.attempt)
        from queue.attempts as a
        where a.job_id = p_job_id
      ),
      '[]')
  from found as f
  left join queue.workers as w using (worker_id)
  limit 1
$$;

comment on function queue.job(bigint) is
  'One job for people, whatever its state, with all its attempts as JSON; no row when unknown.';
