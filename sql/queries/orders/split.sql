-- Splits a fulfilment of an order; no row if it is of another. $1 order, $2 fulfilment, $3 items
-- ([{"line_number", "quantity"}]), $4 actor, $5 tenant. Locks: orders, fulfilments.
-- Indexes: fulfillments_order_key, order_items_line_number_key.
select sp_split_fulfillment(
  f.fulfillment_id,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
        'order_item_id', coalesce(oi.order_item_id, 0), 'quantity', e.item->'quantity')
      order by e.place), '[]')
    from jsonb_array_elements($3) with ordinality as e (item, place)
    left join order_items as oi
      on oi.tenant_id = f.tenant_id
      and oi.order_id = f.order_id
      and oi.line_number = (e.item->>'line_number')::integer
  ),
  $4,
  $5) as "fulfillment_id"
from fulfillments as f
where f.tenant_id = $5
  and f.order_id = $1
  and f.fulfillment_id = $2
