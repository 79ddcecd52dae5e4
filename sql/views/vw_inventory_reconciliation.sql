-- Every level beside what the ledger and the live promises say it should be.
create or replace view vw_inventory_reconciliation
with (security_invoker = true) as
with ledger as (
  select
    tenant_id,
    inventory_item_id,
    location_id,
    sum(on_hand_delta)::bigint as on_hand,
    sum(reserved_delta)::bigint as reserved,
    sum(allocated_delta)::bigint as allocated,
    sum(incoming_delta)::bigint as incoming,
    sum(damaged_delta)::bigint as damaged,
    sum(backordered_delta)::bigint as backordered
  from stock_movements
  group by tenant_id, inventory_item_id, location_id
),
promises as (
  select
    tenant_id,
    inventory_item_id,
    location_id,
    coalesce(sum(quantity) filter (where status = 'reserved'), 0)::bigint as reserved,
    coalesce(sum(quantity) filter (where status = 'committed'), 0)::bigint as allocated,
    coalesce(sum(quantity) filter (where is_backordered), 0)::bigint as backordered
  from inventory_reservations
  where status in ('reserved', 'committed')
  group by tenant_id, inventory_item_id, location_id
)
select
  l.tenant_id,
  l.inventory_item_id,
  i.sku,
  l.location_id,
  lo.code as location_code,
  l.on_hand,
  coalesce(m.on_hand, 0) as ledger_on_hand,
  l.reserved,
  coalesce(m.reserved, 0) as ledger_reserved,
  coalesce(r.reserved, 0) as live_reserved,
  l.allocated,
  coalesce(m.allocated, 0) as ledger_allocated,
  coalesce(r.allocated, 0) as live_allocated,
  l.on_hand = coalesce(m.on_hand, 0)
    and l.reserved = coalesce(m.reserved, 0)
    and l.reserved = coalesce(r.reserved, 0)
    and l.allocated = coalesce(m.allocated, 0)
    and l.allocated = coalesce(r.allocated, 0)
    and l.incoming = coalesce(m.incoming, 0)
    and l.damaged = coalesce(m.damaged, 0)
    and l.backordered = coalesce(m.backordered, 0)
    and l.backordered = coalesce(r.backordered, 0) as ok,
  l.incoming,
  coalesce(m.incoming, 0) as ledger_incoming,
  l.damaged,
  coalesce(m.damaged, 0) as ledger_damaged,
  l.backordered,
  coalesce(m.backordered, 0) as ledger_backordered,
  coalesce(r.backordered, 0) as live_backordered
from inventory_levels as l
join inventory_items as i using (tenant_id, inventory_item_id)
join locations as lo using (tenant_id, location_id)
left join ledger as m using (tenant_id, inventory_item_id, location_id)
left join promises as r using (tenant_id, inventory_item_id, location_id);

comment on view vw_inventory_reconciliation is
  'Each level beside the sums of its ledger and of its live promises; ok must be true everywhere.';
comment on column vw_inventory_reconciliation.tenant_id is 'The shop.';
comment on column vw_inventory_reconciliation.inventory_item_id is 'Key of the stock item.';
comment on column vw_inventory_reconciliation.sku is 'SKU of the stock item.';
comment on column vw_inventory_reconciliation.location_id is 'Key of the location.';
comment on column vw_inventory_reconciliation.location_code is 'Short name of the location.';
comment on column vw_inventory_reconciliation.on_hand is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_on_hand is 'The ledger says.';
comment on column vw_inventory_reconciliation.reserved is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_reserved is 'The ledger says.';
comment on column vw_inventory_reconciliation.live_reserved is 'The reserved promises add up to.';
comment on column vw_inventory_reconciliation.allocated is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_allocated is 'The ledger says.';
comment on column vw_inventory_reconciliation.live_allocated is 'The committed promises add up to.';
comment on column vw_inventory_reconciliation.ok is 'Whether all of them agree.';
comment on column vw_inventory_reconciliation.incoming is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_incoming is 'The ledger says.';
comment on column vw_inventory_reconciliation.damaged is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_damaged is 'The ledger says.';
comment on column vw_inventory_reconciliation.backordered is 'The level says.';
comment on column vw_inventory_reconciliation.ledger_backordered is 'The ledger says.';
comment on column vw_inventory_reconciliation.live_backordered is
  'The promises beyond the stock add up to.';
