-- The queues that a worker may watch: no other that lives takes kinds from them that it does not
-- know, so whatever comes there it can take.
create or replace function queue.watchable(p_worker_id bigint)
returns text[]
language sql stable
as $$
  select coalesce(array_agg(own.queue order by own.queue), '{}')
  from queue.workers as w
  cross join lateral unnest(w.queues) as own(queue)
  where w.worker_id = p_worker_id
    and w.state = 'running'
    and not exists (
      select from queue.workers as other
      where other.state = 'running'
        and queue.alive_until(other) >= clock_now()
        and own.queue = any (other.queues)
        and not other.kinds <@ w.kinds
    )
$$;

comment on function queue.watchable(bigint) is
  'The queues of a worker that it may watch for all; internal, called by the workers.';
