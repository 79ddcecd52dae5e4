-- Transfers of stock between locations, with what is in them.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_stock_transfers
with (security_invoker = true) as
select
  t.tenant_id,
  t.transfer_id,
  f.code as from_location,
  g.code as to_location,
  t.status,
  t.note,
  t.created_by,
  t.created_at,
  t.shipped_at,
  t.received_at,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
        'sku', i.sku,
        'quantity', n.quantity,
        'received_quantity', n.received_quantity)
      order by i.sku), '[]')
    from stock_transfer_items as n
    join inventory_items as i using (tenant_id, inventory_item_id)
    where n.tenant_id = t.tenant_id
      and n.transfer_id = t.transfer_id
  ) as items
from stock_transfers as t
join locations as f on f.tenant_id = t.tenant_id and f.location_id = t.from_location_id
join locations as g on g.tenant_id = t.tenant_id and g.location_id = t.to_location_id;

comment on view vw_stock_transfers is 'Transfers of stock between locations, with what is in them.';
comment on column vw_stock_transfers.tenant_id is 'The shop.';
comment on column vw_stock_transfers.transfer_id is 'Its key.';
comment on column vw_stock_transfers.from_location is 'Where the goods leave.';
comment on column vw_stock_transfers.to_location is 'Where they go.';
comment on column vw_stock_transfers.status is 'draft, shipped, received or cancelled.';
comment on column vw_stock_transfers.note is 'A word with it.';
comment on column vw_stock_transfers.created_by is 'Who asked for it.';
comment on column vw_stock_transfers.created_at is 'When.';
comment on column vw_stock_transfers.shipped_at is 'When the goods left.';
comment on column vw_stock_transfers.received_at is
  'When the last of them arrived, or were given up.';
comment on column vw_stock_transfers.items is 'What is in it: sku, quantity, received_quantity.';
