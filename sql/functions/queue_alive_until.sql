-- Until when a worker counts as alive. Time in which the server was down counts against nobody: it
-- could not be told.
create or replace function queue.alive_until(p_worker queue.workers)
returns timestamptz
language sql stable
as $$
  select case when p_worker.alive_until is null
    then greatest(p_worker.heartbeat_at, pg_postmaster_start_time())
      + p_worker.heartbeat_ms * interval '1.5 milliseconds'
    else greatest(
      p_worker.alive_until,
      pg_postmaster_start_time() + p_worker.heartbeat_ms * interval '1.2 milliseconds')
  end
$$;

comment on function queue.alive_until(queue.workers) is
  'Until when a worker counts as alive, also one of the release before.';
