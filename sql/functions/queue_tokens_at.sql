-- The tokens in a bucket at a time: what it held, and what has dripped in since. A clock that was
-- set back takes nothing out.
create or replace function queue.tokens_at(p_limit queue.limits, p_at timestamptz)
returns double precision
language sql immutable
as $$
  select least(
    p_limit.burst,
    p_limit.tokens + p_limit.per_second
      * greatest(0, extract(epoch from p_at - p_limit.refilled_at)::double precision))
$$;

comment on function queue.tokens_at(queue.limits, timestamptz) is
  'The tokens in a bucket at a time; internal.';
