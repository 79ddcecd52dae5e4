-- A worker proves that it lives. alive = false: it was declared dead, its jobs may already run
-- elsewhere, and it must stop its work. cancelled: its running jobs that somebody cancelled.
-- Index: workers_pkey, jobs_running_idx.
create or replace function queue.heartbeat(p_worker_id bigint)
returns table (
  alive boolean,
  cancelled bigint[]
)
language plpgsql volatile
as $$
begin
  update queue.workers as w
  set heartbeat_at = clock_now()
  where w.worker_id = p_worker_id
    and w.state in ('running', 'draining');

  return query
    select
      found,
      array(
        select j.job_id
        from queue.jobs as j
        where j.worker_id = p_worker_id
          and j.state = 'running'
          and j.cancel_requested
      );
end
$$;

comment on function queue.heartbeat(bigint) is
  'A worker proves that it lives, learns whether it counts, and what was cancelled; internal.';
