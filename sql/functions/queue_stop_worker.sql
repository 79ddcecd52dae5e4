-- A worker process ends (draining: begins to). What it still has claimed is put back by the next
-- queue.rescue(), should it have failed to hand it back itself.
create or replace function queue.stop_worker(p_worker_id bigint, p_draining boolean)
returns void
language sql volatile
as $$
  update queue.workers
  set
    state = case when p_draining then 'draining' else 'stopped' end,
    stopped_at = case when p_draining then null else clock_now() end
  where worker_id = p_worker_id
    and state in ('running', 'draining')
$$;

comment on function queue.stop_worker(bigint, boolean) is
  'Marks a worker as draining or stopped; internal.';
