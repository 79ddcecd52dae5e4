-- Deletes what belongs to jobs whose history was dropped: their edges, waits and data; and unique
-- keys whose period is over.
-- Index: dependencies_settled_idx, waits_ended_idx, job_data_updated_idx,
-- unique_periods_expires_idx.
create or replace function queue.drop_traces(p_before timestamptz)
returns void
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  delete from queue.dependencies as d where d.settled_at < p_before;

  delete from queue.waits as w
  where coalesce(w.ended_at, w.expires_at) < p_before
    and not exists (select from queue.jobs as j where j.job_id = w.job_id)
    and not exists (select from queue.dead_jobs as d where d.job_id = w.job_id)
    and not exists (select from queue.finished_jobs as f where f.job_id = w.job_id);

  delete from queue.job_data as t
  where t.updated_at < p_before
    and not exists (select from queue.jobs as j where j.job_id = t.job_id)
    and not exists (select from queue.dead_jobs as d where d.job_id = t.job_id)
    and not exists (select from queue.finished_jobs as f where f.job_id = t.job_id);

  delete from queue.unique_periods as p where p.expires_at < clock_now();
end
$$;

comment on function queue.drop_traces(timestamptz) is
  'Deletes edges, waits and data of jobs whose history was dropped; internal.';
