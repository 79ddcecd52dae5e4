-- Nobody asks the provider for this refund any more. With p_is_final the provider refused, and
-- surely keeps the money: the refund failed, and somebody may ask for another. Without, nobody
-- knows: it stays pending, so that nothing is given back twice, until a person has looked and says
-- settle_refund(), or sp_retry_refund(). The error is on the order's record in both cases. P0NOF.
-- Locks: order, payments, refund.
create or replace function sp_fail_refund(
  p_refund_id bigint,
  p_provider_refund_id text,
  p_code text,
  p_message text,
  p_severity text,
  p_is_final boolean,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_order_id bigint;
begin
  select order_id into v_order_id
  from refunds
  where tenant_id = p_tenant
    and refund_id = p_refund_id;
  if not found then
    raise exception 'there is no refund %', p_refund_id using errcode = 'P0NOF';
  end if;
  if p_is_final then
    perform settle_refund(p_refund_id, p_provider_refund_id, p_message, p_tenant);
  else
    perform lock_order(p_tenant, v_order_id);
    update refunds
    set failure_message = p_message, updated_at = clock_now()
    where tenant_id = p_tenant
      and refund_id = p_refund_id
      and status = 'pending';
  end if;
  insert into order_errors (tenant_id, order_id, category, severity, stage, code, message)
  values (p_tenant, v_order_id, 'payment', p_severity, 'refund', p_code,
    format('refund %s: %s', p_refund_id, p_message));
end
$$;

comment on function sp_fail_refund(bigint, text, text, text, text, boolean, uuid) is
  'A refund is given up: failed, or pending until a person has looked; the error is recorded. '
  'P0NOF.';
