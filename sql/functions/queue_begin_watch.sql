-- A worker to which jobs come by the hundred a second looks without being told, every few
-- milliseconds, and is the one of the fleet that does: from now on whoever enqueues tells nobody
-- (queue.is_watched). Answers the queues that it watches: those of queue.watchable that nobody
-- watches yet. What it cannot take at once it tells the others itself (queue.wake_others).
--
-- Call it on the connection that lives as long as the worker listens: the watch ends with it.
-- Should the worker freeze, queue.rescue ends that session.
-- Locks: "watch" of the queues, kept by the session; the worker's row.
create or replace function queue.begin_watch(p_worker_id bigint)
returns text[]
language plpgsql volatile
as $$
declare
  v_queue text;
  v_watched text[] := '{}';
begin
  foreach v_queue in array queue.watchable(p_worker_id) loop
    if pg_try_advisory_lock(queue.wake_key('watch', v_queue)) then
      v_watched := v_watched || v_queue;
    end if;
  end loop;
  if v_watched <> '{}' then
    update queue.workers as w
    set watch_pid = pg_backend_pid()
    where w.worker_id = p_worker_id
      and w.watch_pid is distinct from pg_backend_pid();
  end if;
  return v_watched;
end
$$;

comment on function queue.begin_watch(bigint) is
  'A worker begins to look for new jobs without being told; internal, called by the workers.';
