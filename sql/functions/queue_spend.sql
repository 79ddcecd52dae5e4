-- Takes the tokens of claimed jobs out of the buckets of their queue and kind. The claim holds the
-- locks since queue.room.
create or replace function queue.spend(p_queue text, p_line text, p_jobs integer)
returns void
language sql volatile
as $$
  update queue.limits as l
  set
    tokens = queue.tokens_at(l, clock_now()) - p_jobs,
    refilled_at = greatest(l.refilled_at, clock_now())
  where l.per_second is not null
    and ((l.scope = 'queue' and l.name = p_queue) or (l.scope = 'kind' and l.name = p_line))
$$;

comment on function queue.spend(text, text, integer) is
  'Takes tokens for claimed jobs out of their buckets; internal.';
