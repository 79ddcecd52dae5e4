-- A worker of the release before proves that it lives (others: queue.beat). It learns:
--   alive      false: it was declared dead; its jobs may run elsewhere, and it must stop its work
--   eldest     true: of the running workers it has the smallest id, so it does what is done once
--              for the fleet (gauges, history partitions). No election: it follows from the rows
--   cancelled  those of its running jobs that somebody cancelled
-- Index: workers_pkey, workers_alive_idx, jobs_cancel_requested_idx.
create or replace function queue.heartbeat(p_worker_id bigint)
returns table (
  alive boolean,
  eldest boolean,
  cancelled bigint[]
)
language plpgsql volatile
as $$
declare
  v_alive boolean;
begin
  update queue.workers as w
  set heartbeat_at = clock_now()
  where w.worker_id = p_worker_id
    and w.state in ('running', 'draining');
  v_alive := found;

  return query
    select
      v_alive,
      coalesce(
        p_worker_id = (
          select min(w.worker_id)
          from queue.workers as w
          where w.state = 'running'
            and queue.alive_until(w) >= clock_now()
        ),
        false),
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
  'queue.beat for workers of the release before; internal.';
