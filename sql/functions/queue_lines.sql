-- The lines that have ready jobs, with their heads: walks from line to line through jobs_line_idx,
-- so a line of a million jobs costs one step (and the entries of dead rows before its head).
-- In PL/pgSQL, which keeps its plan: planned anew each time, it would cost more than the claim.
create or replace function queue.lines(p_queues text[])
returns table (
  queue text,
  rank smallint,
  line text,
  order_at timestamptz,
  job_id bigint
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
  select head.*
  from unnest(p_queues) as wanted(queue)
  cross join lateral (
    with recursive head as (
      (
        select j.queue, j.rank, j.line, j.order_at, j.job_id
        from queue.jobs as j
        where j.state = 'ready'
          and j.queue = wanted.queue
        order by j.rank, j.line, j.order_at, j.job_id
        limit 1
      )
      union all
      select further.*
      from head
      cross join lateral (
        select j.queue, j.rank, j.line, j.order_at, j.job_id
        from queue.jobs as j
        where j.state = 'ready'
          and j.queue = head.queue
          and (j.rank, j.line) > (head.rank, head.line)
        order by j.rank, j.line, j.order_at, j.job_id
        limit 1
      ) as further
    )
    select * from head
  ) as head;
end
$$;

comment on function queue.lines(text[]) is
  'The lines of these queues that have ready jobs, with the first of each; internal.';
