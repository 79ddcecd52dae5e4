-- What does not add up in the whole database: empty when the books balance. `stevedore check`.
create or replace view vw_book_discrepancies
with (security_invoker = true) as
with levels as (
  select *, format('%s at %s', sku, location_code) as subject
  from vw_inventory_reconciliation
),
-- Levels that owe more than they have, as they were when a promise last grew: the guard refuses a
-- promise beyond the stock, so that is where orders would have broken it. A count that found fewer
-- units than promised (sp_adjust_stock) comes later, and is a fact, not a broken book.
last_promises as (
  select l.tenant_id, l.subject, m.on_hand, m.promised
  from levels as l
  cross join lateral (
    select
      sum(on_hand_delta) over path as on_hand,
      sum(reserved_delta + allocated_delta - backordered_delta) over path as promised,
      reserved_delta + allocated_delta - backordered_delta > 0 as grows,
      stock_movement_id
    from stock_movements
    where tenant_id = l.tenant_id
      and inventory_item_id = l.inventory_item_id
      and location_id = l.location_id
    window path as (order by stock_movement_id)
    order by grows desc, stock_movement_id desc
    limit 1
  ) as m
  where l.reserved + l.allocated - l.backordered > l.on_hand
    and m.grows
),
steps as (
  select
    tenant_id,
    order_id,
    coalesce(fulfillment_id, shipment_id, return_id) as part_id,
    axis,
    from_status,
    to_status,
    row_number() over path as step,
    lag(to_status) over path as previous_status,
    lead(to_status) over path is null as is_last
  from vw_state_history
  window path as (partition by tenant_id, order_id, axis, fulfillment_id,
    shipment_id, return_id order by history_id)
),
-- The payment axis starts unwritten at pending: its first row is its first change.
chained as (
  select *,
    case when step = 1 and axis = 'payment' then 'pending' else previous_status end
      as expected_from
  from steps
)
select tenant_id, 'ledger_on_hand' as kind, subject, ledger_on_hand::text as expected,
  on_hand::text as actual
from levels
where on_hand <> ledger_on_hand
union all
select tenant_id, 'ledger_reserved', subject, ledger_reserved::text, reserved::text
from levels
where reserved <> ledger_reserved
union all
select tenant_id, 'ledger_allocated', subject, ledger_allocated::text, allocated::text
from levels
where allocated <> ledger_allocated
union all
select tenant_id, 'live_reserved', subject, live_reserved::text, reserved::text
from levels
where reserved <> live_reserved
union all
select tenant_id, 'live_allocated', subject, live_allocated::text, allocated::text
from levels
where allocated <> live_allocated
union all
select tenant_id, 'ledger_incoming', subject, ledger_incoming::text, incoming::text
from levels
where incoming <> ledger_incoming
union all
select tenant_id, 'ledger_damaged', subject, ledger_damaged::text, damaged::text
from levels
where damaged <> ledger_damaged
union all
select tenant_id, 'ledger_backordered', subject, ledger_backordered::text, backordered::text
from levels
where backordered <> ledger_backordered
union all
select tenant_id, 'live_backordered', subject, live_backordered::text, backordered::text
from levels
where backordered <> live_backordered
union all
-- A transfer that left moved what it carries; what arrived of it is in the ledger, too.
select n.tenant_id, 'transfer_units',
  format('transfer %s item %s', n.transfer_id, n.inventory_item_id),
  concat_ws(' ', n.quantity, n.received_quantity), concat_ws(' ', m.sent, m.arrived)
from stock_transfer_items as n
join stock_transfers as t using (tenant_id, transfer_id)
cross join lateral (
  select
    coalesce(-sum(on_hand_delta) filter (where kind = 'transfer_out'), 0) as sent,
    coalesce(sum(on_hand_delta) filter (where kind = 'transfer_in'), 0) as arrived
  from stock_movements
  where tenant_id = n.tenant_id
    and inventory_item_id = n.inventory_item_id
    and location_id in (t.from_location_id, t.to_location_id)
    and transfer_id = n.transfer_id
) as m
where (m.sent, m.arrived) <> (
  case when t.status in ('shipped', 'received') then n.quantity else 0 end, n.received_quantity)
union all
-- What came back by the promises is what came back by the ledger, wherever it was put.
select tenant_id, 'returned_units', format('order %s item %s', order_id, inventory_item_id),
  sum(promised)::text, sum(moved)::text
from (
  select tenant_id, order_id, inventory_item_id, quantity as promised, 0 as moved
  from inventory_reservations
  where status = 'returned'
  union all
  select tenant_id, order_id, inventory_item_id, 0, on_hand_delta + damaged_delta
  from stock_movements
  where order_id is not null
    and kind in ('returned', 'damaged')
) as returned
group by tenant_id, order_id, inventory_item_id
having sum(promised) <> sum(moved)
union all
select tenant_id, 'oversold', subject, 'at most ' || on_hand, promised::text
from last_promises
where promised > on_hand
union all
select c.tenant_id, 'history_gap', concat_ws(' ', 'order', c.order_id, c.axis, c.part_id),
  coalesce(c.expected_from, 'start'), coalesce(c.from_status, 'start')
from chained as c
where c.from_status is distinct from c.expected_from
union all
select c.tenant_id, 'history_illegal',
  concat_ws(' ', 'order', c.order_id, c.axis, c.part_id), 'a legal transition',
  concat_ws(' -> ', coalesce(c.from_status, 'start'), c.to_status)
from chained as c
where not exists (
  select
  from order_state_transitions as t
  where t.axis = c.axis
    and t.from_status is not distinct from c.from_status
    and t.to_status = c.to_status)
union all
select o.tenant_id, 'history_end', 'order ' || o.order_id, coalesce(c.to_status, 'no history'),
  o.order_status
from orders as o
left join chained as c
  on c.tenant_id = o.tenant_id and c.order_id = o.order_id and c.axis = 'order' and c.is_last
where c.to_status is distinct from o.order_status
union all
select f.tenant_id, 'history_end', 'fulfilment ' || f.fulfillment_id,
  coalesce(c.to_status, 'no history'), f.status
from fulfillments as f
left join chained as c
  on c.tenant_id = f.tenant_id and c.order_id = f.order_id and c.axis = 'fulfillment'
  and c.part_id = f.fulfillment_id and c.is_last
where c.to_status is distinct from f.status
union all
select s.tenant_id, 'history_end', 'shipment ' || s.shipment_id,
  coalesce(c.to_status, 'no history'), s.status
from shipments as s
left join chained as c
  on c.tenant_id = s.tenant_id and c.order_id = s.order_id and c.axis = 'shipment'
  and c.part_id = s.shipment_id and c.is_last
where c.to_status is distinct from s.status
union all
select r.tenant_id, 'history_end', 'return ' || r.return_id,
  coalesce(c.to_status, 'no history'), r.status
from returns as r
left join chained as c
  on c.tenant_id = r.tenant_id and c.order_id = r.order_id and c.axis = 'return'
  and c.part_id = r.return_id and c.is_last
where c.to_status is distinct from r.status
union all
select o.tenant_id, 'order_subtotal', 'order ' || o.order_id,
  coalesce(n.total, 0)::text, o.subtotal::text
from orders as o
left join (
  select tenant_id, order_id, sum(total_price) as total
  from order_items
  group by tenant_id, order_id
) as n using (tenant_id, order_id)
where o.order_status <> 'draft'
  and o.subtotal <> coalesce(n.total, 0)
union all
-- An order that goes on holds, or has used up, exactly what its lines need.
select oi.tenant_id, 'order_promises', format('order %s line %s', oi.order_id, oi.line_number),
  (oi.live * vi.required_quantity)::text, coalesce(sum(r.quantity), 0)::text
from (
  select *, (quantity - quantity_cancelled)::bigint as live
  from order_items
) as oi
join orders as o using (tenant_id, order_id)
join variant_inventory_items as vi using (tenant_id, variant_id)
join inventory_items as i using (tenant_id, inventory_item_id)
left join inventory_reservations as r
  on r.tenant_id = oi.tenant_id
  and r.order_id = oi.order_id
  and r.order_item_id = oi.order_item_id
  and r.inventory_item_id = vi.inventory_item_id
  and r.status not in ('released', 'expired')
where i.track_inventory
group by oi.tenant_id, oi.order_id, oi.line_number, oi.live, vi.required_quantity,
  vi.inventory_item_id, o.order_status, o.confirmed_at
having case
  when o.order_status in ('cancelled', 'expired', 'payment_failed')
    then coalesce(sum(r.quantity), 0) > 0
  when o.confirmed_at is not null
    then coalesce(sum(r.quantity), 0) <> oi.live * vi.required_quantity
  else coalesce(sum(r.quantity), 0) > oi.live * vi.required_quantity
end
union all
select tenant_id, kind, subject, expected, actual
from vw_money_discrepancies;

comment on view vw_book_discrepancies is
  'Everything that does not add up, one row each; empty when the books balance. oversold: orders '
  'were promised more than there was. Stock that shrank below its promises by a count is none of '
  'it: the books are right, and vw_inventory_status says OVERCOMMITTED.';
comment on column vw_book_discrepancies.tenant_id is 'The shop.';
comment on column vw_book_discrepancies.kind is
  'ledger_on_hand, ledger_reserved, ledger_allocated, ledger_incoming, ledger_damaged, '
  'ledger_backordered (level against ledger), live_reserved, live_allocated, live_backordered '
  '(level against promises), transfer_units, returned_units '
  '(promises against ledger), oversold, history_gap, history_illegal, history_end, '
  'order_subtotal, order_promises, and those of vw_money_discrepancies.';
comment on column vw_book_discrepancies.subject is 'What it is about, in words.';
comment on column vw_book_discrepancies.expected is 'What it should be.';
comment on column vw_book_discrepancies.actual is 'What it is.';
