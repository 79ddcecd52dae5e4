-- Settles an error of an order, with a word on how; answers the order's id. Twice is once. P0NOF.
create or replace function sp_resolve_error(
  p_order_error_id bigint,
  p_actor text,
  p_resolution text default null,
  p_ticket_ref text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_order_id bigint;
begin
  -- The order of an error never changes, so it may be read before anything is locked.
  select order_id into v_order_id
  from order_errors
  where tenant_id = p_tenant
    and order_error_id = p_order_error_id;
  if not found then
    raise exception 'there is no error %', p_order_error_id using errcode = 'P0NOF';
  end if;
  perform lock_order(p_tenant, v_order_id);
  perform act_as(p_actor, p_resolution);
  update order_errors
  set
    is_resolved = true,
    resolved_at = clock_now(),
    resolved_by = current_actor(),
    resolution = p_resolution,
    ticket_ref = coalesce(p_ticket_ref, ticket_ref)
  where tenant_id = p_tenant
    and order_error_id = p_order_error_id
    and not is_resolved;
  if found then
    perform log_order(p_tenant, v_order_id, 'resolve_error', jsonb_build_object(
      'order_error_id', p_order_error_id, 'resolution', p_resolution,
      'ticket_ref', p_ticket_ref));
  end if;
  perform act_as(null, null);
  return v_order_id;
end
$$;

comment on function sp_resolve_error(bigint, text, text, text, uuid) is
  'Settles an error of an order; twice is once. P0NOF.';
