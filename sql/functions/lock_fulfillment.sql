-- Locks a fulfilment behind its order, in the order of everybody else; P0NOF if there is none.
create or replace function lock_fulfillment(p_tenant uuid, p_fulfillment_id bigint)
returns fulfillments
language plpgsql volatile
as $$
declare
  v_row fulfillments;
begin
  -- The order of a fulfilment never changes, so it may be read before anything is locked.
  perform lock_order(p_tenant, f.order_id)
  from fulfillments as f
  where f.tenant_id = p_tenant
    and f.fulfillment_id = p_fulfillment_id;
  if not found then
    raise exception 'there is no fulfilment %', p_fulfillment_id using errcode = 'P0NOF';
  end if;
  select * into v_row
  from fulfillments as f
  where f.tenant_id = p_tenant
    and f.fulfillment_id = p_fulfillment_id
  for no key update;
  return v_row;
end
$$;

comment on function lock_fulfillment(uuid, bigint) is
  'Locks a fulfilment behind its order and answers its row; P0NOF.';
