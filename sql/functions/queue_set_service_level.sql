-- Until when the front door of a queue takes jobs: while a new one would wait at most p_max_wait_ms
-- and fewer than p_max_waiting wait. Nulls take the setting away.
create or replace function queue.set_service_level(
  p_queue text,
  p_max_wait_ms bigint default null,
  p_max_waiting bigint default null
)
returns void
language sql volatile
as $$
  insert into queue.queues as q (queue, max_wait_ms, max_waiting, changed_at)
  values (p_queue, p_max_wait_ms, p_max_waiting, clock_now())
  on conflict (queue) do update
  set
    max_wait_ms = excluded.max_wait_ms,
    max_waiting = excluded.max_waiting,
    changed_at = clock_now()
$$;

comment on function queue.set_service_level(text, bigint, bigint) is
  'Sets at which predicted wait and at how many waiting jobs the front door of a queue refuses.';
