-- Ends the pause of a queue and wakes its workers.
create or replace function queue.resume(p_queue text)
returns void
language sql volatile
as $$
  update queue.queues as q
  set paused = false, changed_at = clock_now()
  where q.queue = p_queue
    and q.paused;
  select pg_notify('queue_jobs', p_queue);
$$;

comment on function queue.resume(text) is 'Lets workers claim from a paused queue again.';
