-- Records what a provider says of a payment, once: the same event again, or a second event of the
-- same fact (two kinds of webhook tell of one capture), has no second effect. Events may come in
-- any order; the payment, the order and the stock end the same. What follows is
-- trg_payment_events_apply's.
--
-- The payment is found by p_payment_ref, p_session_ref or p_order_id, and made if the order is
-- named and has none: a provider may be faster than whoever began the payment.
-- p_reference: the provider's id of the capture or refund. Two events of one fact must name the
-- same, or none; without it a fact is known by its amount. p_refund_id: the refund of ours, where
-- the event says which (else the oldest pending one of that amount).
-- p_amount null: all that is meant (captured: all; refunded: all captured).
--
-- Outcome: applied or duplicate. P0NOF: no such payment; P0VAL: currency, type or amount.
-- Locks: order, levels, payments, refunds.
create or replace function record_payment_event(
  p_provider text,
  p_event_id text,
  p_type text,
  p_occurred_at timestamptz default null,
  p_order_id bigint default null,
  p_payment_ref text default null,
  p_session_ref text default null,
  p_amount bigint default null,
  p_currency text default null,
  p_reference text default null,
  p_refund_id bigint default null,
  p_details jsonb default '{}',
  p_tenant uuid default current_tenant_id()
)
returns table (
  payment_id bigint,
  outcome text
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_payment payments;
  v_amount bigint;
  v_refund_id bigint := p_refund_id;
  v_effect text;
begin
  v_payment := payment_of_event(
    p_tenant, p_provider, p_payment_ref, p_session_ref, p_order_id, p_amount, p_type);
  if exists (
    select
    from payment_events as e
    where e.tenant_id = p_tenant
      and e.provider = p_provider
      and e.provider_event_id = p_event_id
  ) then
    return query select v_payment.payment_id, 'duplicate';
    return;
  end if;
  if p_currency <> v_payment.currency then
    perform refuse_field('currency', 'currency_mismatch',
      format('must be %s, the order''s', v_payment.currency));
  end if;

  v_amount := coalesce(p_amount, case p_type
    when 'authorized' then v_payment.amount
    when 'captured' then coalesce(v_payment.authorized_amount, v_payment.amount)
    when 'refunded' then nullif(v_payment.captured_amount, 0)
    when 'dispute_lost' then nullif(v_payment.captured_amount - v_payment.refunded_amount, 0)
  end);
  if v_amount is null and p_type in ('authorized', 'captured', 'refunded', 'dispute_lost') then
    perform refuse_field('amount', 'required', 'is required');
  end if;
  -- Failures are each a fact of their own; of the others, one payment has each once.
  v_effect := concat_ws(':', p_type, coalesce(p_reference, case
    when p_type in ('failed', 'requires_action', 'refund_failed') then p_event_id
    else v_amount::text
  end));
  if exists (
    select
    from payment_events as e
    where e.tenant_id = p_tenant
      and e.payment_id = v_payment.payment_id
      and e.effect_key = v_effect
  ) then
    v_effect := null;
  elsif p_type = 'refunded' and v_refund_id is null then
    select r.refund_id into v_refund_id
    from refunds as r
    where r.tenant_id = p_tenant
      and r.payment_id = v_payment.payment_id
      and r.status <> 'succeeded'
      and (r.provider_refund_id = p_reference
        or r.provider_refund_id is null and r.status = 'pending' and r.amount = v_amount)
    order by r.provider_refund_id is null, r.refund_id
    limit 1;
  end if;

  perform act_as(p_provider, replace(p_type, '_', ' '));
  insert into payment_events (
    tenant_id, payment_id, provider, provider_event_id, event_type, amount, effect_key,
    refund_id, reference, details, occurred_at)
  values (
    p_tenant, v_payment.payment_id, p_provider, p_event_id, p_type, v_amount, v_effect,
    v_refund_id, p_reference, coalesce(p_details, '{}'), coalesce(p_occurred_at, clock_now()));
  perform act_as(null, null);
  return query select v_payment.payment_id,
    case when v_effect is null then 'duplicate' else 'applied' end;
end
$$;

comment on function record_payment_event(
  text, text, text, timestamptz, bigint, text, text, bigint, text, text, bigint, jsonb, uuid
) is
  'Records what a provider says of a payment, each fact once, in any order. P0NOF, P0VAL.';
