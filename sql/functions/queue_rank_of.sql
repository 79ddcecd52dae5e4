-- The rank of a job in its queue: the priority where the queue serves strictly by it, 0 where
-- waiting counts, too (queues.ageing).
create or replace function queue.rank_of(p_queue text, p_priority smallint)
returns smallint
language sql stable
as $$
  select case
    when exists (select from queue.queues as q where q.queue = p_queue and q.ageing is not null)
      then 0::smallint
    else p_priority
  end
$$;

comment on function queue.rank_of(text, smallint) is
  'The rank that a priority means in a queue: 0 where it ages; internal.';
