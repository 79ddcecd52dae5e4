-- Failed for good: the fulfilment stays failed, the order is held for a person, the error is on
-- record and the customer hears that it takes longer. Twice is once. P0NOF, P0STT.
create or replace function sp_fail_fulfillment(
  p_fulfillment_id bigint,
  p_code text,
  p_message text,
  p_category text default 'delivery',
  p_severity text default 'high',
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_row constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
begin
  if v_row.status = 'failed' then
    return;
  end if;
  perform act_as(p_actor, p_code);
  update fulfillments
  set
    status = 'failed',
    lookup_first = false,
    last_error_code = p_code,
    last_error_message = p_message
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform trouble_order(p_tenant, v_row.order_id, p_fulfillment_id, p_category, p_severity,
    p_code, p_message);
  perform act_as(null, null);
end
$$;

comment on function sp_fail_fulfillment(bigint, text, text, text, text, text, uuid) is
  'A fulfilment failed for good: the order is held, the error recorded, the customer told.';
