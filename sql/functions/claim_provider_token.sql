-- The token of this name; or, to one caller among all, that it renews it now; or neither: somebody
-- else does, ask again in a moment. A renewal that does not come back within 30 seconds is
-- somebody else's turn. The end of the old token stays until there is a new one: the gauge of it
-- tells whether nobody can renew it. Locks: the token's row when it is renewed.
create or replace function claim_provider_token(p_name text)
returns table (
  sealed bytea,
  lasts_ms bigint,
  is_mine boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
begin
  is_mine := false;
  select t.sealed, floor(extract(epoch from t.expires_at - v_now) * 1000)
  into sealed, lasts_ms
  from provider_tokens as t
  where t.token_name = p_name
    and t.expires_at > v_now;
  if not found then
    insert into provider_tokens (token_name)
    values (p_name)
    on conflict do nothing;
    update provider_tokens as t
    set renewing_until = v_now + interval '30 seconds'
    where t.token_name = p_name
      and coalesce(t.renewing_until <= v_now, true)
      and coalesce(t.expires_at <= v_now, true);
    is_mine := found;
  end if;
  return next;
end
$$;

comment on function claim_provider_token(text) is
  'A provider''s token, or the right to renew it, which one caller has at a time.';
