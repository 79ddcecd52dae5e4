-- Ends a watch: from now on whoever enqueues tells. What was enqueued before is not done with until
-- queue.after_watch answers that it is. On the connection that began it.
create or replace function queue.end_watch(p_queues text[])
returns void
language plpgsql volatile
as $$
declare
  v_queue text;
begin
  foreach v_queue in array p_queues loop
    perform pg_advisory_unlock(queue.wake_key('watch', v_queue));
  end loop;
end
$$;

comment on function queue.end_watch(text[]) is
  'Whoever enqueues tells again; internal, called by the workers.';
