-- The checks of orders, their lines and the levels of stock become one each, a function whose plan
--   is kept: PostgreSQL reads every check of a table anew in every statement, which was a tenth of
--   placing one order. The rules and the names under which they refuse stay the same. From here on
--   sql/functions owns the functions' text.
-- Locks: access exclusive on three tables, for a moment; the new checks are validated by 0204.
--   Every row fulfils them, since the old ones held for it. The previous release notices nothing.

create function refuse_row(p_table regclass, p_rule text)
returns void
language plpgsql stable
as $$
begin
  raise exception 'new row for relation "%" violates check constraint "%"', p_table, p_rule
    using errcode = '23514', constraint = p_rule, table = p_table::text;
end
$$;

comment on function refuse_row(regclass, text) is
  'Raises that a row breaks a rule of its table (23514); internal to the *_is_sound functions.';

create function order_is_sound(o orders)
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
    when o.payment_method !~ '^[a-z][a-z0-9_]{0,39}$' then 'orders_payment_method_check'
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

create function order_item_is_sound(i order_items)
returns boolean
language plpgsql immutable
parallel safe
as $$
declare
  v_broken constant text := case
    when i.line_number < 1 then 'order_items_line_number_check'
    when i.quantity < 1 then 'order_items_quantity_check'
    when i.unit_price < 0 then 'order_items_unit_price_check'
    when i.total_price <> i.unit_price * (i.quantity - i.quantity_cancelled)
      then 'order_items_total_price_check'
    -- Each unit goes from ordered to fulfilled, shipped, and from there to delivered or back.
    when least(i.quantity_cancelled, i.quantity_delivered, i.quantity_returned) < 0
      or i.quantity_cancelled + i.quantity_fulfilled > i.quantity
      or i.quantity_shipped > i.quantity_fulfilled
      or greatest(i.quantity_delivered, i.quantity_returned) > i.quantity_shipped
      then 'order_items_units_check'
    when length(i.recipient_phone) not between 7 and 20 then 'order_items_recipient_phone_check'
  end;
begin
  if v_broken is not null then
    perform refuse_row('order_items', v_broken);
  end if;
  return true;
end
$$;

comment on function order_item_is_sound(order_items) is
  'The check of order_items: true, or 23514 with the rule that is broken.';

create function level_is_sound(l inventory_levels)
returns boolean
language plpgsql immutable
parallel safe
as $$
declare
  v_broken constant text := case
    when l.on_hand < 0 then 'inventory_levels_on_hand_check'
    when l.reserved < 0 then 'inventory_levels_reserved_check'
    when l.allocated < 0 then 'inventory_levels_allocated_check'
    when least(l.incoming, l.damaged, l.safety_stock, l.backordered, l.backorder_limit,
        l.preorder_limit, l.low_stock_threshold, l.reserved + l.allocated - l.backordered) < 0
      then 'inventory_levels_counts_check'
    when length(concat(l.zone, l.bin)) > 80 then 'inventory_levels_place_check'
  end;
begin
  if v_broken is not null then
    perform refuse_row('inventory_levels', v_broken);
  end if;
  return true;
end
$$;

comment on function level_is_sound(inventory_levels) is
  'The check of inventory_levels: true, or 23514 with the rule that is broken.';

alter table orders
  add constraint orders_sound_check check (order_is_sound(orders)) not valid,
  drop constraint orders_amounts_check,
  drop constraint orders_billing_address_check,
  drop constraint orders_currency_check,
  drop constraint orders_customer_email_check,
  drop constraint orders_customer_name_check,
  drop constraint orders_customer_phone_check,
  drop constraint orders_error_count_check,
  drop constraint orders_locale_check,
  drop constraint orders_order_source_check,
  drop constraint orders_order_status_check,
  drop constraint orders_payment_method_check,
  drop constraint orders_payment_status_check,
  drop constraint orders_promo_code_check,
  drop constraint orders_risk_score_check,
  drop constraint orders_shipping_address_check,
  drop constraint orders_total_check,
  drop constraint orders_traceparent_check,
  drop constraint orders_user_agent_check;

alter table order_items
  add constraint order_items_sound_check check (order_item_is_sound(order_items)) not valid,
  drop constraint order_items_line_number_check,
  drop constraint order_items_quantity_check,
  drop constraint order_items_recipient_phone_check,
  drop constraint order_items_total_price_check,
  drop constraint order_items_unit_price_check,
  drop constraint order_items_units_check;

alter table inventory_levels
  add constraint inventory_levels_sound_check check (level_is_sound(inventory_levels)) not valid,
  drop constraint inventory_levels_allocated_check,
  drop constraint inventory_levels_counts_check,
  drop constraint inventory_levels_on_hand_check,
  drop constraint inventory_levels_place_check,
  drop constraint inventory_levels_reserved_check;
