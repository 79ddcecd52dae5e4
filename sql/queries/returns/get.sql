-- A return with its items. $1 tenant, $2 return. Indexes: returns_pkey, return_items_line_key.
select
  r.return_id,
  r.order_id,
  r.rma_number,
  r.kind,
  r.status,
  r.notes,
  r.requested_by,
  r.refund_amount,
  r.refund_id,
  r.exchange_order_id,
  r.created_at,
  r.approved_at,
  r.received_at,
  r.inspected_at,
  r.closed_at,
  (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.line_number), '[]')
    from (
      select
        oi.line_number,
        oi.sku,
        ri.quantity,
        ri.reason,
        ri.received_quantity,
        ri.restocked_quantity,
        ri.damaged_quantity
      from return_items as ri
      join order_items as oi using (tenant_id, order_id, order_item_id)
      where ri.tenant_id = r.tenant_id
        and ri.return_id = r.return_id
    ) as n
  ) as "items!: Json<Vec<ReturnItemView>>"
from returns as r
where r.tenant_id = $1
  and r.return_id = $2
