-- Writes the row of an attempt to pay for an order, in the order's currency.
create or replace function add_payment(
  p_tenant uuid,
  p_order_id bigint,
  p_provider text,
  p_payment_ref text,
  p_session_ref text,
  p_amount bigint
)
returns bigint
language plpgsql volatile
as $$
declare
  v_payment_id bigint;
begin
  insert into payments (
    tenant_id, order_id, provider, provider_payment_id, provider_session_id, currency, amount)
  select p_tenant, order_id, p_provider, p_payment_ref, p_session_ref, currency,
    coalesce(p_amount, total_amount)
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id
  returning payment_id into v_payment_id;
  return v_payment_id;
end
$$;

comment on function add_payment(uuid, bigint, text, text, text, bigint) is
  'Writes the row of an attempt to pay for an order.';
