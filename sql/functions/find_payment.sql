-- The payment that a provider speaks of: by its id of the payment, else of the session, else the
-- latest attempt by it for this order that it has not named yet. Null if there is none.
create or replace function find_payment(
  p_tenant uuid, p_provider text, p_payment_ref text, p_session_ref text, p_order_id bigint
)
returns bigint
language plpgsql stable
as $$
begin
  return coalesce(
    (select payment_id
      from payments
      where tenant_id = p_tenant
        and provider = p_provider
        and provider_payment_id = p_payment_ref),
    (select payment_id
      from payments
      where tenant_id = p_tenant
        and provider = p_provider
        and provider_session_id = p_session_ref
        and (provider_payment_id is null or p_payment_ref is null)),
    (select payment_id
      from payments
      where tenant_id = p_tenant
        and order_id = p_order_id
        and provider = p_provider
        and (provider_payment_id is null or p_payment_ref is null)
        and (provider_session_id is null or p_session_ref is null)
      order by payment_id desc
      limit 1));
end
$$;

comment on function find_payment(uuid, text, text, text, bigint) is
  'The payment that a provider speaks of, by its own ids or the order''s, or null.';
