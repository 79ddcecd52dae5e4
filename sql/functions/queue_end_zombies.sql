-- Ends the sessions that sit idle in a transaction which locks a job of a dead worker: a frozen
-- process, or a host that vanished and whose connection nobody has missed yet. Their transactions
-- could only fail at their end, for the lease is lost; until then they would keep the job from
-- running elsewhere. Sessions that are at work are left alone, as are those of other roles.
-- Answers whether it ended any, having waited up to 200 ms for each.
--
-- The row names the transaction that locks it in xmax. (When several lock it that is no
-- transaction; then nobody is ended here, and the job waits.)
create or replace function queue.end_zombies()
returns boolean
language sql volatile
as $$
  with holders as materialized (
    select distinct l.pid
    from queue.workers as w
    join queue.jobs as j on j.worker_id = w.worker_id and j.state = 'running'
    join pg_catalog.pg_locks as l
      on l.locktype = 'transactionid' and l.transactionid = j.xmax and l.granted
    join pg_catalog.pg_stat_activity as a on a.pid = l.pid
    where w.state in ('dead', 'stopped')
      and not w.cleared
      and a.state in ('idle in transaction', 'idle in transaction (aborted)')
      and a.state_change < clock_now() - interval '1 second'
      and a.usename = current_user
      and a.pid <> pg_backend_pid()
  )
  select coalesce(bool_or(pg_terminate_backend(h.pid, 200)), false)
  from holders as h
$$;

comment on function queue.end_zombies() is
  'Ends idle transactions that lock jobs of dead workers; internal to queue.rescue.';
