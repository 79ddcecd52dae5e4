-- An order with all that belongs to it. $1 tenant, $2 order.
-- Indexes: orders_pkey, order_items_order_line_key, fulfillments_order_key, shipments_order_key,
-- order_holds_order_id_idx, order_errors_order_id_idx, returns_order_key, order_metrics_pkey,
-- order_state_history_order_id_idx; archived_orders_pkey.
select
  o.order_id,
  o.order_number,
  o.lock_version,
  single_status(o.order_status, o.payment_status) as "status!",
  o.order_status,
  o.payment_status,
  o.payment_method,
  o.currency,
  o.subtotal,
  o.shipping_fee,
  o.tax_amount,
  o.discount_amount,
  o.total_amount,
  o.customer_id,
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
        oi.recipient_phone,
        oi.quantity_cancelled,
        oi.quantity_fulfilled,
        oi.quantity_shipped,
        oi.quantity_delivered,
        oi.quantity_returned
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
        f.delivered_at,
        (
          select coalesce(jsonb_agg(to_jsonb(i) order by i.line_number), '[]')
          from (
            select oi.line_number, sum(fi.quantity) as quantity
            from fulfillment_items as fi
            join order_items as oi using (tenant_id, order_id, order_item_id)
            where fi.tenant_id = f.tenant_id
              and fi.fulfillment_id = f.fulfillment_id
            group by oi.line_number
          ) as i
        ) as items
      from fulfillments as f
      where f.tenant_id = o.tenant_id
        and f.order_id = o.order_id
    ) as n
  ) as "fulfillments!: Json<Vec<FulfillmentView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.shipment_id), '[]')
    from (
      select
        s.shipment_id,
        s.fulfillment_id,
        s.carrier_code,
        s.tracking_number,
        s.tracking_url,
        s.status,
        s.estimated_delivery_at,
        s.shipped_at,
        s.delivered_at
      from shipments as s
      where s.tenant_id = o.tenant_id
        and s.order_id = o.order_id
    ) as n
  ) as "shipments!: Json<Vec<ShipmentView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.order_hold_id), '[]')
    from (
      select
        h.order_hold_id,
        h.reason,
        h.notes,
        h.held_by,
        h.created_at,
        h.released_at,
        h.released_by,
        h.release_notes
      from order_holds as h
      where h.tenant_id = o.tenant_id
        and h.order_id = o.order_id
    ) as n
  ) as "holds!: Json<Vec<HoldView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.order_error_id), '[]')
    from (
      select
        e.order_error_id,
        e.order_id,
        e.fulfillment_id,
        e.category,
        e.severity,
        e.stage,
        e.code,
        e.message,
        e.context,
        e.ticket_ref,
        e.is_resolved,
        e.resolved_at,
        e.resolved_by,
        e.resolution,
        e.created_at
      from order_errors as e
      where e.tenant_id = o.tenant_id
        and e.order_id = o.order_id
    ) as n
  ) as "errors!: Json<Vec<ErrorView>>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.return_id), '[]')
    from (
      select r.return_id, r.rma_number, r.kind, r.status, r.exchange_order_id
      from returns as r
      where r.tenant_id = o.tenant_id
        and r.order_id = o.order_id
    ) as n
  ) as "returns!: Json<Vec<ReturnLine>>",
  (
    select to_jsonb(n)
    from (
      select
        m.placed_to_confirmed_ms,
        m.confirmed_to_fulfilled_ms,
        m.fulfilled_to_shipped_ms,
        m.shipped_to_delivered_ms,
        m.total_processing_duration_ms,
        m.on_hold_ms,
        m.retry_count
      from order_metrics as m
      where m.tenant_id = o.tenant_id
        and m.order_id = o.order_id
    ) as n
  ) as "metrics: Json<MetricsView>",
  (
    select coalesce(jsonb_agg(to_jsonb(n) - 'history_id' order by n.history_id), '[]')
    from (
      select
        h.history_id,
        h.axis,
        h.fulfillment_id,
        h.shipment_id,
        h.return_id,
        h.from_status,
        h.to_status,
        h.changed_by,
        h.reason,
        h.held_ms,
        h.created_at
      from vw_state_history as h
      where h.tenant_id = o.tenant_id
        and h.order_id = o.order_id
    ) as n
  ) as "history!: Json<Vec<HistoryView>>"
from orders as o
where o.tenant_id = $1
  and o.order_id = $2
