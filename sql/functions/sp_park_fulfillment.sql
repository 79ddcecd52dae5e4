-- It was sent, the outcome is unknown and the provider can't say: a person has to find out. It
-- stays marked lookup_first, so the order can't be cancelled, until sp_resume_order() (ask again),
-- sp_deliver_fulfillment() (it was delivered) or sp_fail_fulfillment() (it was not). Twice is once.
-- P0NOF, P0STT.
create or replace function sp_park_fulfillment(
  p_fulfillment_id bigint,
  p_code text,
  p_message text,
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
  if v_row.status = 'on_hold' then
    return;
  end if;
  perform act_as(p_actor, p_code);
  update fulfillments
  set
    status = 'on_hold',
    last_error_code = p_code,
    last_error_message = p_message
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform trouble_order(p_tenant, v_row.order_id, p_fulfillment_id, 'unknown', 'high',
    p_code, p_message);
  perform act_as(null, null);
end
$$;

comment on function sp_park_fulfillment(bigint, text, text, text, uuid) is
  'A fulfilment''s outcome can''t be learnt: the order is held for a person. P0NOF, P0STT.';
