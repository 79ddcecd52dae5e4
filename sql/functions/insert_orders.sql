-- The rows of orders that orders_problems() found nothing wrong with: of those of p_orders that
-- stand at p_places (from 1). Prices, titles and sums come from the catalogue. Inserting the lines
-- reserves their stock (trg_order_items_reserve). Answers their ids, in the order of p_places.
-- p_traceparents: W3C trace contexts, one for each of p_orders.
create or replace function insert_orders(
  p_orders jsonb, p_places integer[], p_traceparents text[], p_tenant uuid
)
returns bigint[]
language plpgsql volatile
as $$
declare
  v_order_ids bigint[];
begin
  if jsonb_path_exists(p_orders, '$[*].customer.id') then
    perform keep_customers(p_orders, p_places, p_tenant);
  end if;

  -- One statement, so that the lines are looked up once. What it answers is read off the orders,
  -- so these are written first, and their triggers fire first.
  with wanted as materialized (
    select
      n.place,
      nextval('orders_order_id_seq') as order_id,
      p_orders->(n.place - 1) as o
    from unnest(p_places) as n (place)
  ),
  lines as materialized (
    select
      w.place,
      w.order_id,
      l.line_number,
      v.variant_id,
      v.sku,
      v.title,
      (l.line->>'quantity')::integer as quantity,
      v.price,
      (l.line->>'quantity')::bigint * v.price as total_price,
      l.line->>'recipient_phone' as recipient_phone
    from wanted as w
    cross join lateral jsonb_array_elements(w.o->'lines') with ordinality as l (line, line_number)
    join product_variants as v
      on v.tenant_id = p_tenant and v.sku = btrim(l.line->>'sku')
  ),
  amounts as (
    select
      w.place,
      s.subtotal,
      coalesce((w.o->>'shipping_fee')::bigint, 0) as shipping_fee,
      coalesce((w.o->>'tax_amount')::bigint, 0) as tax_amount,
      coalesce((w.o->>'discount_amount')::bigint, 0) as discount_amount
    from wanted as w
    join (
      select place, sum(total_price)::bigint as subtotal
      from lines
      group by place
    ) as s using (place)
  ),
  written_orders as (
    insert into orders (
      tenant_id, order_id, payment_method, currency, subtotal, shipping_fee, tax_amount,
      discount_amount, total_amount, customer_id, customer_name, customer_email, customer_phone,
      shipping_address, billing_address, locale, order_source, promo_code, ip_address, user_agent,
      traceparent, expires_at)
    select
      p_tenant,
      w.order_id,
      w.o->>'payment_method',
      w.o->>'currency',
      a.subtotal,
      a.shipping_fee,
      a.tax_amount,
      a.discount_amount,
      a.subtotal + a.shipping_fee + a.tax_amount - a.discount_amount,
      c.customer_id,
      w.o->'customer'->>'name',
      w.o->'customer'->>'email',
      w.o->'customer'->>'phone',
      nullif(w.o->'shipping_address', 'null'),
      nullif(w.o->'billing_address', 'null'),
      coalesce(w.o->>'locale', 'en'),
      coalesce(w.o->>'order_source', 'api'),
      w.o->>'promo_code',
      (w.o->>'ip_address')::inet,
      w.o->>'user_agent',
      p_traceparents[w.place],
      (select clock_now() + reservation_ttl(p_tenant))
    from wanted as w
    join amounts as a using (place)
    left join customers as c
      on c.tenant_id = p_tenant and c.customer_code = w.o->'customer'->>'id'
    order by w.place
    returning order_id
  ),
  written_lines as (
    insert into order_items (
      tenant_id, order_id, variant_id, line_number, sku, title, quantity, unit_price, total_price,
      recipient_phone)
    select
      p_tenant, order_id, variant_id, line_number, sku, title, quantity, price, total_price,
      recipient_phone
    from lines
    order by order_id, line_number
  )
  select array_agg(order_id order by order_id) into v_order_ids
  from written_orders;
  return v_order_ids;
end
$$;

comment on function insert_orders(jsonb, integer[], text[], uuid) is
  'Writes the rows of checked orders; their lines'' trigger reserves the stock.';
