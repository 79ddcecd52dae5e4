-- What holds for every order by itself: the check of orders. In one function because its plan is
-- kept: PostgreSQL reads each check of a table anew in every statement, which for the eighteen that
-- these were took a tenth of placing an order. What is unknown, because a column is null, holds, as
-- in a check. Raises 23514 under the name of the broken rule.
create or replace function order_is_sound(o orders)
returns boolean
language plpgsql immutable
parallel safe
as $$
declare
  v_broken constant text := case
    when least(o.subtotal, o.shipping_fee, o.tax_amount, o.discount_amount, o.total_amount) < 0
      then 'orders_amounts_check'
    when o.total_amount <> o.subtotal + o.shipping_fee + o.tax_amount - o.discount_amount
      then 'orders_total_check'
    when o.order_status not in ('draft', 'pending', 'payment_failed', 'on_hold', 'confirmed',
      'processing', 'picking', 'packed', 'partially_shipped', 'shipped', 'partially_delivered',
      'delivered', 'completed', 'partially_returned', 'returned', 'cancelled', 'expired')
      then 'orders_order_status_check'
    when o.payment_status not in ('pending', 'requires_action', 'authorized', 'partially_paid',
      'paid', 'failed', 'cancelled', 'voided', 'partially_refunded', 'refunded', 'disputed')
      then 'orders_payment_status_check'
    when o.currency !~ '^[A-Z]{3}$' then 'orders_currency_check'
    when o.payment_method !~ '^[a-z][a-z0-9_]*$' or length(o.payment_method) > 40
      then 'orders_payment_method_check'
    when length(o.customer_name) not between 1 and 200 then 'orders_customer_name_check'
    when length(o.customer_email) not between 3 and 254 then 'orders_customer_email_check'
    when length(o.customer_phone) not between 7 and 20 then 'orders_customer_phone_check'
    when jsonb_typeof(o.shipping_address) <> 'object' then 'orders_shipping_address_check'
    when jsonb_typeof(o.billing_address) <> 'object' then 'orders_billing_address_check'
    when length(o.locale) not between 2 and 35 then 'orders_locale_check'
    when length(o.order_source) not between 1 and 40 then 'orders_order_source_check'
    when length(o.promo_code) not between 1 and 64 then 'orders_promo_code_check'
    when length(o.traceparent) not between 1 and 200 then 'orders_traceparent_check'
    when length(o.user_agent) > 1024 then 'orders_user_agent_check'
    when o.risk_score not between 0 and 100 then 'orders_risk_score_check'
    when o.error_count < 0 then 'orders_error_count_check'
  end;
begin
  if v_broken is not null then
    perform refuse_row('orders', v_broken);
  end if;
  return true;
end
$$;

comment on function order_is_sound(orders) is
  'The check of orders: true, or 23514 with the rule that is broken.';
