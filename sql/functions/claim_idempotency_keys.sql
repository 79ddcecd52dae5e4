-- Claims many keys at once, as claim_idempotency_key() does one, but waits for none. Answers a row
-- for each key that is not to be answered now: its place (from 1), and the answer given before or
-- an error. P0IDF: a request with this key is in flight; P0IDM: it was used for another request.
-- Null keys need no claim.
create or replace function claim_idempotency_keys(
  p_tenant uuid, p_keys text[], p_endpoint text, p_request_hashes bytea[]
)
returns table (
  place integer,
  response jsonb,
  error_code text,
  error_message text
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_locked boolean[];
begin
  select array_agg(
    case when k.key is not null then
      pg_try_advisory_xact_lock(hashtextextended(p_tenant::text || ':' || k.key, 0)) end
    order by k.place)
  into v_locked
  from unnest(p_keys) with ordinality as k (key, place);

  delete from idempotency_keys as i
  where i.tenant_id = p_tenant
    and i.idempotency_key = any (p_keys)
    and i.expires_at <= clock_now();
  return query
    select
      k.place::integer,
      case when v_locked[k.place] and i.endpoint = p_endpoint
        and i.request_hash = p_request_hashes[k.place] then i.response end,
      case when not v_locked[k.place] then 'P0IDF'
        when i.endpoint <> p_endpoint or i.request_hash <> p_request_hashes[k.place]
        then 'P0IDM' end,
      case when not v_locked[k.place] then 'a request with this idempotency key is in flight'
        when i.endpoint <> p_endpoint or i.request_hash <> p_request_hashes[k.place]
        then 'the idempotency key was used for another request' end
    from unnest(p_keys) with ordinality as k (key, place)
    left join idempotency_keys as i
      on i.tenant_id = p_tenant and i.idempotency_key = k.key
    where not v_locked[k.place]
      or i.idempotency_key is not null;
end
$$;

comment on function claim_idempotency_keys(uuid, text[], text, bytea[]) is
  'Claims many keys without waiting; answers those that were answered before or can not be had.';
