-- Pauses a queue: no worker claims from it until it is resumed. What runs, runs on.
create or replace function queue.pause(p_queue text)
returns void
language sql volatile
as $$
  insert into queue.queues as q (queue, paused, changed_at)
  values (p_queue, true, clock_now())
  on conflict (queue) do update
  set paused = true, changed_at = clock_now()
  where not q.paused
$$;

comment on function queue.pause(text) is 'Stops all claims from a queue, fleet-wide and at once.';
