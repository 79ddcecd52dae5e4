-- The rows of an order that order_problems() found nothing wrong with. Prices, titles and sums come
-- from the catalogue. Inserting the lines reserves their stock (trg_order_items_reserve).
create or replace function insert_order(p_order jsonb, p_tenant uuid)
returns bigint
language plpgsql volatile
as $$
declare
  v_order_id bigint;
  v_subtotal bigint;
  v_shipping_fee constant bigint := coalesce((p_order->>'shipping_fee')::bigint, 0);
  v_tax constant bigint := coalesce((p_order->>'tax_amount')::bigint, 0);
  v_discount constant bigint := coalesce((p_order->>'discount_amount')::bigint, 0);
begin
  select sum((n.line->>'quantity')::bigint * v.price) into v_subtotal
  from jsonb_array_elements(p_order->'lines') as n (line)
  join product_variants as v
    on v.tenant_id = p_tenant and v.sku = btrim(n.line->>'sku');

  insert into orders (
    tenant_id, payment_method, currency, subtotal, shipping_fee, tax_amount, discount_amount,
    total_amount, customer_name, customer_email, customer_phone, shipping_address, locale,
    order_source)
  values (
    p_tenant,
    p_order->>'payment_method',
    p_order->>'currency',
    v_subtotal,
    v_shipping_fee,
    v_tax,
    v_discount,
    v_subtotal + v_shipping_fee + v_tax - v_discount,
    p_order->'customer'->>'name',
    p_order->'customer'->>'email',
    p_order->'customer'->>'phone',
    nullif(p_order->'shipping_address', 'null'),
    coalesce(p_order->>'locale', 'en'),
    coalesce(p_order->>'order_source', 'api'))
  returning order_id into v_order_id;

  insert into order_items (
    tenant_id, order_id, variant_id, line_number, sku, title, quantity, unit_price, total_price,
    recipient_phone)
  select
    p_tenant,
    v_order_id,
    v.variant_id,
    n.line_number,
    v.sku,
    v.title,
    (n.line->>'quantity')::integer,
    v.price,
    (n.line->>'quantity')::bigint * v.price,
    n.line->>'recipient_phone'
  from jsonb_array_elements(p_order->'lines') with ordinality as n (line, line_number)
  join product_variants as v
    on v.tenant_id = p_tenant and v.sku = btrim(n.line->>'sku')
  order by n.line_number;
  return v_order_id;
end
$$;

comment on function insert_order(jsonb, uuid) is
  'Writes the rows of a checked order; its lines'' trigger reserves the stock.';
