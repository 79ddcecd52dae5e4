-- Locks a return behind its order, in the order of everybody else; P0NOF if there is none.
create or replace function lock_return(p_tenant uuid, p_return_id bigint)
returns returns
language plpgsql volatile
as $$
declare
  v_row returns;
begin
  -- The order of a return never changes, so it may be read before anything is locked.
  perform lock_order(p_tenant, r.order_id)
  from returns as r
  where r.tenant_id = p_tenant
    and r.return_id = p_return_id;
  if not found then
    raise exception 'there is no return %', p_return_id using errcode = 'P0NOF';
  end if;
  select * into v_row
  from returns as r
  where r.tenant_id = p_tenant
    and r.return_id = p_return_id
  for no key update;
  return v_row;
end
$$;

comment on function lock_return(uuid, bigint) is
  'Locks a return behind its order and answers its row; P0NOF.';
