-- By how much a job of this priority stands later in line (earlier when it is negative): nothing in
-- queues that serve strictly by priority.
create or replace function queue.head_start(p_queue text, p_priority smallint)
returns interval
language sql stable
as $$
  select coalesce(
    (select q.ageing * p_priority from queue.queues as q where q.queue = p_queue),
    interval '0')
$$;

comment on function queue.head_start(text, smallint) is
  'What a priority is worth in waiting time in a queue with ageing, else 0; internal.';
