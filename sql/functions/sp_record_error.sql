-- Puts a failure of an order on record; answers its id. It counts in orders.error_count until
-- sp_resolve_error(). P0NOF.
create or replace function sp_record_error(
  p_order_id bigint,
  p_category text,
  p_severity text,
  p_stage text,
  p_code text,
  p_message text,
  p_context jsonb default '{}',
  p_stack text default null,
  p_ticket_ref text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_error_id bigint;
begin
  perform lock_order(p_tenant, p_order_id);
  insert into order_errors (
    tenant_id, order_id, category, severity, stage, code, message, context, stack, ticket_ref)
  values (
    p_tenant, p_order_id, p_category, p_severity, p_stage, p_code, p_message,
    coalesce(p_context, '{}'), p_stack, p_ticket_ref)
  returning order_error_id into v_error_id;
  return v_error_id;
end
$$;

comment on function sp_record_error(
  bigint, text, text, text, text, text, jsonb, text, text, uuid) is
  'Puts a failure of an order on record; answers its id. P0NOF.';
