-- Ends a refund: whoever gave the money back (a worker at the provider, a person in cash) says
-- that it is done, or with p_failure that it was refused. Said twice, or said by the provider's own
-- event as well, is once. P0NOF; P0VAL without the provider's id of the refund, where it has one.
-- Locks: order, payments, refunds.
create or replace function settle_refund(
  p_refund_id bigint,
  p_provider_refund_id text default null,
  p_failure text default null,
  p_tenant uuid default current_tenant_id()
)
returns text
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_refund record;
  v_done constant boolean := p_failure is null;
begin
  select r.order_id, r.payment_id, r.amount, p.provider
  into v_refund
  from refunds as r
  join payments as p using (tenant_id, payment_id)
  where r.tenant_id = p_tenant
    and r.refund_id = p_refund_id;
  if not found then
    raise exception 'there is no refund %', p_refund_id using errcode = 'P0NOF';
  end if;
  if v_done and p_provider_refund_id is null and is_payment_gateway(v_refund.provider) then
    -- Without it the provider's own event of this refund would count as a second one.
    perform refuse_field('provider_refund_id', 'required', 'is required');
  end if;
  perform lock_order(p_tenant, v_refund.order_id);
  if exists (
    select
    from refunds
    where tenant_id = p_tenant
      and refund_id = p_refund_id
      and status = 'succeeded'
  ) then
    return 'succeeded';
  end if;
  insert into payment_events (
    tenant_id, payment_id, provider, provider_event_id, event_type, amount, effect_key,
    refund_id, reference, details)
  values (
    p_tenant, v_refund.payment_id, v_refund.provider,
    format('refund:%s:%s', p_refund_id, case when v_done then 'done' else md5(p_failure) end),
    case when v_done then 'refunded' else 'refund_failed' end,
    case when v_done then v_refund.amount end,
    format('%s:%s', case when v_done then 'refunded' else 'refund_failed' end,
      coalesce(p_provider_refund_id, 'refund ' || p_refund_id)),
    p_refund_id, p_provider_refund_id,
    jsonb_strip_nulls(jsonb_build_object('message', p_failure)))
  on conflict do nothing;
  return (
    select status
    from refunds
    where tenant_id = p_tenant
      and refund_id = p_refund_id);
end
$$;

comment on function settle_refund(bigint, text, text, uuid) is
  'Ends a refund, done or failed, once; answers its status. P0NOF, P0VAL.';
