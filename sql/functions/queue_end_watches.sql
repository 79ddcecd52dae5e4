-- Ends the sessions that hold a watch nobody keeps: those of dead workers (a frozen process, a host
-- that vanished), and the one of p_worker_id, which has lost it. Whoever enqueued has told nobody,
-- so all are told now. The lock shows that a session is still the one that its worker named.
-- Answers whether they have all ended, having waited up to 200 ms for each.
create or replace function queue.end_watches(p_worker_id bigint default null)
returns boolean
language plpgsql volatile
as $$
declare
  v_queues text[];
  v_ended boolean;
begin
  with watched as materialized (
    select distinct l.pid, own.queue
    from queue.workers as w
    cross join lateral unnest(w.queues) as own(queue)
    join pg_catalog.pg_locks as l
      on l.pid = w.watch_pid
      and l.locktype = 'advisory'
      and l.objsubid = 1
      and l.granted
      and (l.classid::bigint << 32 | l.objid::bigint) = queue.wake_key('watch', own.queue)
    join pg_catalog.pg_stat_activity as a
      on a.pid = l.pid and a.datname = current_database() and a.usename = current_user
    where w.state = 'dead' and not w.cleared
      or w.worker_id = p_worker_id
  ),
  ended as materialized (
    select pg_terminate_backend(holder.pid, 200) as done
    from (select distinct watched.pid from watched) as holder
  )
  select (select bool_and(e.done) from ended as e), (select array_agg(w.queue) from watched as w)
  into v_ended, v_queues;
  perform queue.wake_others(v_queues);
  return coalesce(v_ended, true);
end
$$;

comment on function queue.end_watches(bigint) is
  'Ends the watches of dead workers and wakes those who live; internal.';
