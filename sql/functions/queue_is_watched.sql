-- Whether a worker looks for jobs of a queue every few milliseconds, so that whoever enqueues need
-- not tell: a notification has its transaction commit alone, as nobody else's may at that time.
--
-- That is promised to the end of the caller's transaction, whenever it comes: the worker ends its
-- watch first, then waits for all who may have been told "watched" to end, then looks once more
-- (queue.after_watch). The second question is for a watch that ended before that wait could see
-- this transaction. Locks are asked and not rows: rows would be as old as the caller's snapshot.
-- Locks: when watched, "unsaid" of the queue, shared.
create or replace function queue.is_watched(p_queue text)
returns boolean
language plpgsql volatile
as $$
declare
  v_watch constant bigint := queue.wake_key('watch', p_queue);
begin
  for v_question in 1..2 loop
    -- One expression: nothing can come between and leave the lock behind.
    if (select case when pg_try_advisory_lock_shared(v_watch)
      then pg_advisory_unlock_shared(v_watch) end)
    then
      return false;
    end if;
    if v_question = 1 then
      perform pg_advisory_xact_lock_shared(queue.wake_key('unsaid', p_queue));
    end if;
  end loop;
  return true;
end
$$;

comment on function queue.is_watched(text) is
  'Whether a worker finds new jobs of a queue without a notification; internal to queue.wake.';
