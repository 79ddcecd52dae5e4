-- Wakes the workers of queues, this one as well. Commits without waiting for the disk: it writes
-- nothing.
create or replace function queue.wake_others(p_queues text[])
returns void
language sql volatile
as $$
  select pg_notify('queue_jobs', woken.queue) from unnest(p_queues) as woken(queue)
$$;

comment on function queue.wake_others(text[]) is
  'Wakes the workers of queues; internal, called by the one that watches them.';
