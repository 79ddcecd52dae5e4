-- Decides about a return, or says where it is: approved, rejected, cancelled, in_transit, expired,
-- lost. The state it has already is no change. P0NOF, P0STT.
create or replace function sp_move_return(
  p_return_id bigint,
  p_status text,
  p_actor text,
  p_notes text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_return constant returns := lock_return(p_tenant, p_return_id);
begin
  if v_return.status = p_status then
    return;
  end if;
  perform act_as(p_actor, p_notes);
  update returns
  set status = p_status
  where tenant_id = p_tenant
    and return_id = p_return_id;
  perform log_order(p_tenant, v_return.order_id, 'return_' || p_status, jsonb_build_object(
    'return_id', p_return_id, 'notes', p_notes));
  perform act_as(null, null);
end
$$;

comment on function sp_move_return(bigint, text, text, text, uuid) is
  'Approves, rejects, cancels or moves a return; twice is once. P0NOF, P0STT.';
