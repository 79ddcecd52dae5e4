-- Locks an order that the caller has read before and refuses (P0VER) if it changed since: a person
-- edits what they saw, and nothing else. True without a look if no version is given. P0NOF.
create or replace function expect_version(
  p_tenant uuid, p_order_id bigint, p_lock_version integer
)
returns boolean
language plpgsql volatile
as $$
declare
  v_version integer;
begin
  if p_lock_version is null then
    return true;
  end if;
  perform lock_order(p_tenant, p_order_id);
  select lock_version into v_version
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id;
  if v_version <> p_lock_version then
    raise exception 'the order changed meanwhile: it is at version %, not %',
        v_version, p_lock_version
      using errcode = 'P0VER', detail = jsonb_build_object('lock_version', v_version)::text;
  end if;
  return true;
end
$$;

comment on function expect_version(uuid, bigint, integer) is
  'Locks an order and refuses if it changed since the caller read it: P0VER; P0NOF.';
