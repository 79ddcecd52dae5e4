-- The payment that a provider's event is about, with its order locked: found, or made when the
-- order is named; the provider's ids are added to it as they become known. P0NOF.
create or replace function payment_of_event(
  p_tenant uuid,
  p_provider text,
  p_payment_ref text,
  p_session_ref text,
  p_order_id bigint,
  p_amount bigint,
  p_type text
)
returns payments
language plpgsql volatile
as $$
declare
  v_order_id bigint := p_order_id;
  v_payment_id bigint;
  v_payment payments;
begin
  if v_order_id is null then
    select order_id into v_order_id
    from payments
    where tenant_id = p_tenant
      and payment_id = find_payment(p_tenant, p_provider, p_payment_ref, p_session_ref, null);
    if not found then
      raise exception 'there is no payment % of %', coalesce(p_payment_ref, p_session_ref),
          p_provider
        using errcode = 'P0NOF';
    end if;
  end if;
  perform lock_order(p_tenant, v_order_id);
  v_payment_id := coalesce(
    find_payment(p_tenant, p_provider, p_payment_ref, p_session_ref, v_order_id),
    add_payment(p_tenant, v_order_id, p_provider, p_payment_ref, p_session_ref,
      case when p_type in ('authorized', 'captured') then p_amount end));
  update payments
  set
    provider_payment_id = coalesce(provider_payment_id, p_payment_ref),
    provider_session_id = coalesce(provider_session_id, p_session_ref),
    updated_at = clock_now()
  where tenant_id = p_tenant
    and payment_id = v_payment_id
    and (provider_payment_id is null and p_payment_ref is not null
      or provider_session_id is null and p_session_ref is not null);
  select * into v_payment
  from payments
  where tenant_id = p_tenant
    and payment_id = v_payment_id;
  if v_payment.order_id <> v_order_id then
    raise exception 'payment % of % is of another order', p_payment_ref, p_provider
      using errcode = 'P0NOF';
  end if;
  return v_payment;
end
$$;

comment on function payment_of_event(uuid, text, text, text, bigint, bigint, text) is
  'The payment that an event is about, its order locked; made when the order is named. P0NOF.';
