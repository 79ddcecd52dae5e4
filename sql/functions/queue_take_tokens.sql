-- Takes tokens from the bucket of a key, such as the provider that a handler is about to call.
-- Answers 0 when it took them, else in how many milliseconds they will be there; then it took
-- nothing. A key without a limit never runs dry. Locks: the bucket's row, until the caller commits:
-- call it outside of long transactions.
create or replace function queue.take_tokens(p_key text, p_tokens integer default 1)
returns bigint
language plpgsql volatile
as $$
declare
  v_limit queue.limits;
  v_now constant timestamptz := clock_now();
  v_tokens double precision;
begin
  select * into v_limit
  from queue.limits as l
  where l.scope = 'key' and l.name = p_key
  for update;
  if not found then
    return 0;
  end if;

  if p_tokens not between 1 and v_limit.burst then
    raise exception 'the bucket % holds at most % tokens, % were asked for',
      p_key, v_limit.burst, p_tokens
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'tokens', 'code', 'range', 'message', 'more tokens than the bucket holds'))::text;
  end if;
  v_tokens := queue.tokens_at(v_limit, v_now);
  if v_tokens < p_tokens then
    return ceil((p_tokens - v_tokens) / v_limit.per_second * 1000);
  end if;
  update queue.limits
  set tokens = v_tokens - p_tokens, refilled_at = greatest(refilled_at, v_now)
  where scope = 'key' and name = p_key;
  return 0;
end
$$;

comment on function queue.take_tokens(text, integer) is
  'Takes tokens from a key''s bucket: 0, or the milliseconds until they will be there.';
