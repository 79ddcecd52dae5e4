-- Orders as they are told to their customers: the answer to placing one, and what notices show.
create or replace function order_summaries(p_tenant uuid, p_order_ids bigint[])
returns table (
  order_id bigint,
  summary jsonb
)
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
#variable_conflict use_column
begin
  return query
    select
      o.order_id,
      jsonb_build_object(
        'order_id', o.order_id,
        'order_number', o.order_number,
        'order_status', o.order_status,
        'payment_status', o.payment_status,
        'payment_method', o.payment_method,
        'currency', o.currency,
        'subtotal', o.subtotal,
        'shipping_fee', o.shipping_fee,
        'tax_amount', o.tax_amount,
        'discount_amount', o.discount_amount,
        'total_amount', o.total_amount,
        'placed_at', o.placed_at,
        'expires_at', case when o.order_status = 'pending' then o.expires_at end,
        'lines', (
          select jsonb_agg(jsonb_build_object(
              'sku', oi.sku,
              'title', oi.title,
              'quantity', oi.quantity,
              'unit_price', oi.unit_price,
              'total_price', oi.total_price,
              'recipient_phone', oi.recipient_phone)
            order by oi.line_number)
          from order_items as oi
          where oi.tenant_id = o.tenant_id
            and oi.order_id = o.order_id))
    -- A look-up per order: from "= any" a new table is read through an index of the shop alone.
    from unnest(p_order_ids) as asked (order_id)
    cross join lateral (
      select * from orders where tenant_id = p_tenant and order_id = asked.order_id offset 0
    ) as o;
end
$$;

comment on function order_summaries(uuid, bigint[]) is
  'Orders with their lines as JSON: the answer to placing one, and what notices show.';
