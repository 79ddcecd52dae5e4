-- Creates the daily partitions of history for today and p_ahead_days more, moving into them what
-- lies in the default partitions. Drops those of days that ended before the retention, and workers
-- that have been gone for longer than attempts are kept. What else belongs to a job (edges, waits,
-- data) goes when its history has gone.
-- One caller at a time; others return at once. Answers the names of what it created and dropped.
-- Locks: creating takes the parent in share update exclusive mode, dropping in access exclusive
-- mode for the moment of detaching. While that waits, all completions queue behind it, hence the
-- short lock_timeout; who is refused asks again some minutes later.
-- Only the owner may make and drop tables, so it runs as the owner, for the role stevedore_worker.
create or replace function queue.maintain_partitions(
  p_keep_finished interval default '7 days',
  p_keep_attempts interval default '30 days',
  p_ahead_days integer default 3
)
returns text[]
language plpgsql volatile
security definer
set search_path = public, pg_temp
set lock_timeout = '100ms'
as $$
declare
  v_today constant date := (clock_now() at time zone 'UTC')::date;
  v_parent text;
  v_keep interval;
  v_day date;
  v_name text;
  v_done text[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('queue.maintain_partitions', 0)) then
    return v_done;
  end if;

  for v_parent, v_keep in
    values ('finished_jobs', p_keep_finished), ('attempts_log', p_keep_attempts)
  loop
    for v_day in
      select v_today + ahead from generate_series(0, p_ahead_days) as ahead
    loop
      v_name := v_parent || to_char(v_day, '"_"YYYYMMDD');
      continue when to_regclass('queue.' || v_name) is not null;
      perform queue.create_partition(v_parent, v_name, v_day);
      v_done := v_done || v_name;
    end loop;

    for v_name in
      select child.relname
      from pg_catalog.pg_inherits as i
      join pg_catalog.pg_class as child on child.oid = i.inhrelid
      where i.inhparent = ('queue.' || v_parent)::regclass
        and child.relname ~ '_[0-9]{8}$'
        and to_date(right(child.relname, 8), 'YYYYMMDD') + 1
          <= (clock_now() - v_keep) at time zone 'UTC'
    loop
      execute format('drop table queue.%I', v_name);
      v_done := v_done || v_name;
    end loop;
  end loop;

  perform queue.drop_traces(clock_now() - p_keep_finished);

  -- A job that a worker claimed long after it was declared dead (see queue.rescue).
  update queue.workers as w
  set cleared = false
  where w.cleared
    and w.worker_id in (select j.worker_id from queue.jobs as j where j.state = 'running');

  delete from queue.workers as w
  where w.state in ('stopped', 'dead')
    and w.stopped_at < clock_now() - p_keep_attempts
    and not exists (
      select from queue.jobs as j where j.worker_id = w.worker_id and j.state = 'running');
  return v_done;
end
$$;

comment on function queue.maintain_partitions(interval, interval, integer) is
  'Creates the history partitions of the coming days and drops those past their retention.';
