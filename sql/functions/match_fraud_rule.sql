-- Why an order matches a rule, in words for staff and without personal data, or null. A parameter
-- that makes no sense matches nothing: a mistyped rule must not stop the shop.
create or replace function match_fraud_rule(p_order orders, p_kind text, p_params jsonb)
returns text
language plpgsql stable
as $$
declare
  v_address text;
  v_value text;
  v_count numeric;
  v_shipped text;
  v_billed text;
begin
  case
    when p_kind = 'high_value' then
      if p_order.currency = p_params->>'currency'
        and p_order.total_amount >= (p_params->>'at_least')::numeric
      then
        return format('it costs %s %s, the rule starts at %s',
          p_order.currency, p_order.total_amount, p_params->>'at_least');
      end if;
    when p_kind like 'velocity%' then
      v_address := substr(p_kind, length('velocity_') + 1);
      v_value := case v_address
        when 'phone' then p_order.customer_phone
        when 'email' then lower(p_order.customer_email)
        else host(p_order.ip_address)
      end;
      v_count := recent_orders(
        p_order.tenant_id, v_address, v_value, (p_params->>'minutes')::numeric::integer);
      if v_count > (p_params->>'orders')::numeric then
        return format('%s orders with this %s in %s minutes, the rule allows %s',
          v_count, v_address, p_params->>'minutes', p_params->>'orders');
      end if;
    when p_kind = 'address_mismatch' then
      v_shipped := p_order.shipping_address->>(p_params->>'field');
      v_billed := p_order.billing_address->>(p_params->>'field');
      if lower(btrim(v_shipped)) <> lower(btrim(v_billed)) then
        return format('it is billed to another %s than it is sent to',
          replace(p_params->>'field', '_', ' '));
      end if;
    when p_kind = 'blocklist' then
      return blocked_as(p_order.tenant_id, p_order.order_id);
    else
      v_count := order_measure(p_order.tenant_id, p_order.order_id, p_params->>'measure');
      if v_count >= (p_params->>'at_least')::numeric then
        return format('%s: %s, the rule starts at %s',
          replace(p_params->>'measure', '_', ' '), v_count, p_params->>'at_least');
      end if;
  end case;
  return null;
end
$$;

comment on function match_fraud_rule(orders, text, jsonb) is
  'Why an order matches a rule, in words, or null.';
