-- Sends other goods for an inspected return: a new order for the same buyer and address, on
-- account, that takes the return's worth off. What the new goods cost less goes back. p_lines:
-- [{"sku", "quantity", "recipient_phone"}]; answers the new order's id. Twice is once.
-- P0NOF, P0STT, P0INV, P0VAL.
create or replace function sp_exchange_return(
  p_return_id bigint,
  p_lines jsonb,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_return constant returns := lock_return(p_tenant, p_return_id);
  v_worth constant bigint := return_value(p_tenant, p_return_id);
  v_old orders;
  v_price bigint;
  v_paid bigint;
  v_order_id bigint;
  v_refund_id bigint;
begin
  if v_return.status = 'exchanged' then
    return v_return.exchange_order_id;
  elsif v_return.status <> 'inspected' then
    perform refuse_transition('return', v_return.status, 'exchanged');
  end if;
  select * into v_old from orders where tenant_id = p_tenant and order_id = v_return.order_id;
  select coalesce(sum((n.line->>'quantity')::bigint * v.price), 0) into v_price
  from jsonb_array_elements(p_lines) as n (line)
  join product_variants as v on v.tenant_id = p_tenant and v.sku = btrim(n.line->>'sku');
  -- What the new goods cost less may go back to a wallet, and wallets come before levels.
  perform lock_wallets(p_tenant, array[v_return.order_id]);
  select o.order_id into v_order_id
  from create_order(jsonb_build_object(
    'customer', jsonb_strip_nulls(jsonb_build_object(
      'name', v_old.customer_name, 'email', v_old.customer_email, 'phone', v_old.customer_phone)),
    'currency', v_old.currency,
    'payment_method', 'account',
    'shipping_address', v_old.shipping_address,
    'lines', p_lines,
    'discount_amount', least(v_worth, v_price),
    'locale', v_old.locale,
    'order_source', 'exchange'), p_tenant => p_tenant) as o;
  perform act_as(p_actor, null);
  select coalesce(sum(refundable), 0) into v_paid
  from refundable_payments(p_tenant, v_return.order_id);
  if least(v_worth - v_price, v_paid) > 0 then
    v_refund_id := request_refund(v_return.order_id, least(v_worth - v_price, v_paid),
      'exchange ' || v_return.rma_number, 'return:' || p_return_id, p_actor, p_return_id, p_tenant);
  end if;
  update returns
  set
    status = 'exchanged',
    exchange_order_id = v_order_id,
    refund_id = v_refund_id,
    refund_amount = case when v_refund_id is not null then least(v_worth - v_price, v_paid) end
  where tenant_id = p_tenant
    and return_id = p_return_id;
  perform log_order(p_tenant, v_return.order_id, 'return_exchanged', jsonb_build_object(
    'return_id', p_return_id, 'exchange_order_id', v_order_id, 'refund_id', v_refund_id));
  perform log_order(p_tenant, v_order_id, 'exchange', jsonb_build_object(
    'return_id', p_return_id, 'for_order_id', v_return.order_id));
  perform act_as(null, null);
  return v_order_id;
end
$$;

comment on function sp_exchange_return(bigint, jsonb, text, uuid) is
  'Sends other goods for a return as a new, linked order; P0NOF, P0STT, P0INV, P0VAL.';
