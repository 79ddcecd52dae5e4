-- The key of the advisory locks that stand for what is known of the enqueues of a queue:
--   watch   held, by its session, by the worker that looks without being told (queue.begin_watch)
--   unsaid  shared, to the end of the transaction, by those that enqueued and told nobody
create or replace function queue.wake_key(p_what text, p_queue text)
returns bigint
language sql immutable
as $$
  select hashtextextended('queue.' || p_what || ' ' || p_queue, 0)
$$;

comment on function queue.wake_key(text, text) is
  'Keys of the advisory locks of queue.is_watched; internal.';
