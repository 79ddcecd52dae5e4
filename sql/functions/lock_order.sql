-- Locks an order and answers its state; P0NOF if there is none. Everything that changes an order
-- starts here: orders first, then levels, then reservations, so that nothing deadlocks.
create or replace function lock_order(p_tenant uuid, p_order_id bigint)
returns text
language plpgsql volatile
as $$
declare
  v_status text;
begin
  select order_status into v_status
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id
  for no key update;
  if not found then
    raise exception 'there is no order %', p_order_id using errcode = 'P0NOF';
  end if;
  return v_status;
end
$$;

comment on function lock_order(uuid, bigint) is 'Locks an order and answers its state; P0NOF.';
