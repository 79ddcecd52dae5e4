-- Cancels everything unfinished in the workflow of a job: all jobs that edges join with it, in
-- either direction, over any number of steps. The last first, so that no cancellation makes another
-- one ready. Answers how many it cancelled or, where they run, asked to stop.
-- A workflow is known by its edges, which stay as long as finished jobs do.
create or replace function queue.cancel_workflow(p_job_id bigint)
returns integer
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_known bigint[] := array[p_job_id];
  v_fringe bigint[] := array[p_job_id];
  v_count integer;
begin
  while v_fringe is not null loop
    select array_agg(distinct near.job_id) into v_fringe
    from (
      select d.job_id from queue.dependencies as d where d.after_job_id = any (v_fringe)
      union all
      select d.after_job_id from queue.dependencies as d where d.job_id = any (v_fringe)
    ) as near
    where not near.job_id = any (v_known);
    v_known := v_known || v_fringe;
  end loop;

  with stopped as materialized (
    select queue.cancel(member.job_id) as fate
    from (
      select j.job_id
      from queue.jobs as j
      where j.job_id = any (v_known)
      order by j.job_id desc
    ) as member
  )
  select count(stopped.fate) into v_count
  from stopped;
  return v_count;
end
$$;

comment on function queue.cancel_workflow(bigint) is
  'Cancels all unfinished jobs that edges join with a job; answers how many.';
