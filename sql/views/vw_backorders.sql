-- Who waits for goods: every promise beyond the stock, in the order in which they are filled.
create or replace view vw_backorders
with (security_invoker = true) as
select
  r.tenant_id,
  r.order_id,
  o.order_number,
  o.order_status,
  r.order_item_id,
  i.sku,
  r.inventory_item_id,
  r.location_id,
  lo.code as location_code,
  r.quantity,
  r.status,
  r.created_at as waiting_since,
  sum(r.quantity) over place - r.quantity as units_before,
  l.incoming,
  l.release_at,
  sum(r.quantity) over place <= l.incoming as is_covered_by_incoming
from inventory_reservations as r
join orders as o using (tenant_id, order_id)
join inventory_items as i using (tenant_id, inventory_item_id)
join locations as lo using (tenant_id, location_id)
join inventory_levels as l using (tenant_id, inventory_item_id, location_id)
where r.is_backordered
  and r.status in ('reserved', 'committed')
window place as (
  partition by r.tenant_id, r.inventory_item_id, r.location_id order by r.reservation_id);

comment on view vw_backorders is
  'Promises beyond the stock that wait for goods, one row each, oldest first at their level.';
comment on column vw_backorders.tenant_id is 'The shop.';
comment on column vw_backorders.order_id is 'The order that waits.';
comment on column vw_backorders.order_number is 'Its number for people.';
comment on column vw_backorders.order_status is 'Its state.';
comment on column vw_backorders.order_item_id is 'Its line.';
comment on column vw_backorders.sku is 'The stock item it waits for.';
comment on column vw_backorders.inventory_item_id is 'Key of the stock item.';
comment on column vw_backorders.location_id is 'Key of the location it will leave from.';
comment on column vw_backorders.location_code is 'Short name of that location.';
comment on column vw_backorders.quantity is 'Units that wait.';
comment on column vw_backorders.status is
  'reserved: the order is not confirmed and the promise may lapse; committed.';
comment on column vw_backorders.waiting_since is 'When the promise was made.';
comment on column vw_backorders.units_before is 'Units that others at this level get first.';
comment on column vw_backorders.incoming is 'Units on their way to the level.';
comment on column vw_backorders.release_at is 'A preorder: not filled before.';
comment on column vw_backorders.is_covered_by_incoming is
  'Whether what is on its way suffices for it and everybody before it.';
