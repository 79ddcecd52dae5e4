-- Adds a row to an order's audit trail, signed by whoever acts.
create or replace function log_order(
  p_tenant uuid, p_order_id bigint, p_action text, p_details jsonb
)
returns void
language sql volatile
as $$
  insert into order_logs (tenant_id, order_id, action, details, actor)
  values (p_tenant, p_order_id, p_action, jsonb_strip_nulls(p_details), current_actor())
$$;

comment on function log_order(uuid, bigint, text, jsonb) is
  'Adds a row to an order''s audit trail, signed by whoever acts.';
