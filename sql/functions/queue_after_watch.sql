-- After a watch: wakes all workers of its queues, and answers those queues where a transaction is
-- still open that was told "watched". The caller comes again until there is none; transactions that
-- ended before the call have all been seen to.
-- Locks: "unsaid" of the queues, for a moment, if nobody holds it.
create or replace function queue.after_watch(p_queues text[])
returns text[]
language plpgsql volatile
as $$
declare
  v_queue text;
  v_unsaid text[] := '{}';
begin
  foreach v_queue in array p_queues loop
    if (select case when pg_try_advisory_lock(queue.wake_key('unsaid', v_queue))
      then pg_advisory_unlock(queue.wake_key('unsaid', v_queue)) end) is not true
    then
      v_unsaid := v_unsaid || v_queue;
    end if;
  end loop;
  perform queue.wake_others(p_queues);
  return v_unsaid;
end
$$;

comment on function queue.after_watch(text[]) is
  'Wakes all workers, and says who told nobody and is not done; internal, called by the workers.';
