-- A person has a refund asked for again that was given up while nobody knew its outcome: the
-- provider is asked for it first. Answers whether it is pending, so that there is a job. P0NOF.
create or replace function sp_retry_refund(
  p_refund_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
as $$
declare
  v_refund refunds;
begin
  perform lock_order(p_tenant, order_id)
  from refunds
  where tenant_id = p_tenant
    and refund_id = p_refund_id;
  update refunds
  set failures = 0, updated_at = clock_now()
  where tenant_id = p_tenant
    and refund_id = p_refund_id
    and status = 'pending'
  returning * into v_refund;
  if not found then
    perform from refunds where tenant_id = p_tenant and refund_id = p_refund_id;
    if not found then
      raise exception 'there is no refund %', p_refund_id using errcode = 'P0NOF';
    end if;
    return false;
  end if;
  perform from queue.enqueue_many(jsonb_build_array(jsonb_build_object(
    'kind', 'refund_payment',
    'queue', 'payments',
    'unique_key', 'refund_payment:' || p_refund_id,
    'group_key', 'payment:' || v_refund.payment_id,
    'args', jsonb_build_object(
      'tenant_id', p_tenant,
      'order_id', v_refund.order_id,
      'refund_id', p_refund_id))));
  return true;
end
$$;

comment on function sp_retry_refund(bigint, uuid) is
  'Has a refund asked for again whose outcome nobody knew; false: it is over. P0NOF.';
