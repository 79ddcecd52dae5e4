-- An order with its lines, fulfilments and history. $1 tenant, $2 order.
-- Indexes: orders_pkey, order_items_order_line_key, fulfillments_order_key,
-- order_state_history_order_id_idx.
select
  o.order_id,
  o.order_number,
  o.order_status,
  o.payment_status,
  o.payment_method,
  o.currency,
  o.subtotal,
  o.shipping_fee,
  o.tax_amount,
  o.discount_amount,
  o.total_amount,
  o.customer_name,
  o.customer_email,
  o.customer_phone,
  o.shipping_address,
  o.locale,
  o.order_source,
  o.cancel_reason,
  o.cancelled_by,
  o.error_count,
  case when o.order_status = 'pending' then o.expires_at end as expires_at,
  o.placed_at,
  o.confirmed_at,
  o.delivered_at,
  o.cancelled_at,
  o.updated_at,
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.line_number), '[]')
    from (
      select
        oi.line_number,
        oi.sku,
        oi.title,
        oi.quantity,
        oi.unit_price,
        oi.total_price,
        oi.recipient_phone
      from order_items as oi
      where oi.tenant_id = o.tenant_id
        and oi.order_id = o.order_id
    ) as n
  ) as "lines!: Json<Vec<LineView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.fulfillment_id), '[]')
    from (
      select
        f.fulfillment_id,
        f.provider_code,
        f.status,
        f.provider_order_id,
        f.attempt as attempts,
        f.last_error_code,
        f.last_error_message,
        f.submitted_at,
        f.shipped_at,
        f.delivered_at
      from fulfillments as f
      where f.tenant_id = o.tenant_id
        and f.order_id = o.order_id
    ) as n
  ) as "fulfillments!: Json<Vec<FulfillmentView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) - 'history_id' order by n.history_id), '[]')
    from (
      select
        h.history_id,
        h.axis,
        h.fulfillment_id,
        h.from_status,
        h.to_status,
        h.changed_by,
        h.reason,
        h.created_at
      from order_state_history as h
      where h.tenant_id = o.tenant_id
        and h.order_id = o.order_id
    ) as n
  ) as "history!: Json<Vec<HistoryView>>"
from orders as o
where o.tenant_id = $1
  and o.order_id = $2
