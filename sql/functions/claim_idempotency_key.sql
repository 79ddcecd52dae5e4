-- The answer given before under this key, or null if this request is the one to answer it.
--
-- A key in flight holds an advisory lock to the end of its transaction, not a row: a refused
-- request leaves no trace. Whoever comes meanwhile waits a little, since the first is mostly done
-- in milliseconds, and gets P0IDF after that. P0IDM: the key was used for another request.
create or replace function claim_idempotency_key(
  p_tenant uuid, p_key text, p_endpoint text, p_request_hash bytea
)
returns jsonb
language plpgsql volatile
as $$
declare
  c_wait constant text := '3s';
  v_lock constant bigint := hashtextextended(p_tenant::text || ':' || p_key, 0);
  v_lock_timeout constant text := current_setting('lock_timeout');
  v_before record;
begin
  if not pg_try_advisory_xact_lock(v_lock) then
    begin
      perform set_config('lock_timeout', c_wait, true);
      perform pg_advisory_xact_lock(v_lock);
      perform set_config('lock_timeout', v_lock_timeout, true);
    exception
      when lock_not_available then
        raise exception 'a request with this idempotency key is in flight'
          using errcode = 'P0IDF';
    end;
  end if;

  select k.endpoint, k.request_hash, k.response, k.expires_at > clock_now() as is_live
  into v_before
  from idempotency_keys as k
  where k.tenant_id = p_tenant
    and k.idempotency_key = p_key;
  if not found then
    return null;
  end if;
  if not v_before.is_live then
    delete from idempotency_keys
    where tenant_id = p_tenant
      and idempotency_key = p_key;
    return null;
  end if;
  if v_before.endpoint <> p_endpoint or v_before.request_hash <> p_request_hash then
    raise exception 'the idempotency key was used for another request' using errcode = 'P0IDM';
  end if;
  return v_before.response;
end
$$;

comment on function claim_idempotency_key(uuid, text, text, bytea) is
  'The answer given before under a key, or null to whoever may answer it now; P0IDM, P0IDF.';
