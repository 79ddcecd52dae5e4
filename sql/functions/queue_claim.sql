-- The claim of workers of the release before, which know nothing of lines: the same as
-- queue.claim_next from the heads of all lines.
create or replace function queue.claim(
  p_worker_id bigint,
  p_queues text[],
  p_kinds text[],
  p_max_attempts smallint[],
  p_limit integer
)
returns table (
  job_id bigint,
  attempt integer,
  forgiven integer,
  max_attempts smallint,
  priority smallint,
  queue text,
  kind text,
  args jsonb,
  group_key text,
  trace_context text,
  run_at timestamptz,
  created_at timestamptz,
  claimed_at timestamptz
)
language sql volatile
as $$
  select
    next.job_id, next.attempt, next.forgiven, next.max_attempts, next.priority, next.queue,
    next.kind, next.args, next.group_key, next.trace_context, next.run_at, next.created_at,
    next.claimed_at
  from queue.claim_next(p_worker_id, p_queues, p_kinds, p_max_attempts, p_limit) as next
  where next.job_id is not null
$$;

comment on function queue.claim(bigint, text[], text[], smallint[], integer) is
  'queue.claim_next for workers of the release before; internal.';
