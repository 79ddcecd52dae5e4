-- Policy per level: how far promises may go beyond the stock (backorders, preorders), and when the
--   stock counts as low. Promises beyond the stock are marked, and counted in the ledger.
-- Why the checks are gathered: PostgreSQL reads each check of a table anew in every statement,
--   which was a quarter of what a promise cost. One check a table, and a function for the long one
--   whose plan is kept (sql/functions/movement_is_legal.sql owns its text from then on), cost a
--   third. The foreign keys to levels go for the same reason: no movement without its level is
--   trg_stock_movements_apply's to say, which writes the level, and levels are not deleted.
-- Locks: access exclusive on four tables, for a moment: columns with constant defaults rewrite
--   nothing; the checks are validated by 0036. Copying the thresholds touches each level once;
--   there is one per item and location. The previous release promises nothing beyond the stock, as
--   before.

create function movement_is_legal(
  p_kind text,
  p_on_hand bigint,
  p_reserved bigint,
  p_allocated bigint,
  p_incoming bigint,
  p_damaged bigint,
  p_backordered bigint,
  p_reason text
)
returns boolean
language plpgsql immutable
parallel safe
as $$
begin
  return p_kind is not null;
end
$$;

alter table inventory_levels
  add column backordered bigint not null default 0,
  add column backorder_limit bigint default 0,
  add column preorder_limit bigint default 0,
  add column release_at timestamptz,
  add column low_stock_threshold integer not null default 10,
  drop constraint inventory_levels_incoming_check,
  drop constraint inventory_levels_damaged_check,
  drop constraint inventory_levels_safety_stock_check,
  add constraint inventory_levels_counts_check check (
    least(incoming, damaged, safety_stock, backordered, reserved + allocated - backordered,
      backorder_limit, preorder_limit, low_stock_threshold) >= 0) not valid;

alter table inventory_levels disable trigger user;
update inventory_levels as l
set low_stock_threshold = i.low_stock_threshold
from inventory_items as i
where i.tenant_id = l.tenant_id
  and i.inventory_item_id = l.inventory_item_id
  and i.low_stock_threshold <> l.low_stock_threshold;
alter table inventory_levels enable trigger user;

comment on column inventory_levels.backordered is
  'Units of reserved and allocated that were promised beyond the stock and wait for goods.';
comment on column inventory_levels.backorder_limit is
  'How many units may be promised beyond the stock: 0 none, null without limit.';
comment on column inventory_levels.preorder_limit is
  'How many units may be promised before release_at: 0 none, null without limit.';
comment on column inventory_levels.release_at is
  'A preorder: until then every promise waits, whatever is there; null: released.';
comment on column inventory_levels.low_stock_threshold is
  'The item''s threshold, kept here so that a movement needs no look-up to see a crossing.';

alter table stock_movements
  add column backordered_delta bigint not null default 0,
  drop constraint stock_movements_level_fkey,
  drop constraint stock_movements_kind_check,
  drop constraint stock_movements_reason_check,
  drop constraint stock_movements_deltas_check,
  add constraint stock_movements_deltas_check check (movement_is_legal(kind, on_hand_delta,
    reserved_delta, allocated_delta, incoming_delta, damaged_delta, backordered_delta, reason))
    not valid;

comment on column stock_movements.backordered_delta is 'Added to backordered.';
comment on column stock_movements.kind is
  'received, adjusted (a correction, reason required), reserved, reservation_released, '
  'reservation_expired, allocated (reserved becomes allocated), deallocated, shipped, returned '
  '(a customer''s units are on the shelf again), damaged (units can not be sold), written_off '
  '(damaged units leave), incoming (announced), transfer_out, transfer_in, backorder_filled '
  '(a promise beyond the stock has its goods now).';

alter table inventory_reservations
  add column is_backordered boolean not null default false,
  drop constraint inventory_reservations_level_fkey,
  drop constraint inventory_reservations_status_check,
  add constraint inventory_reservations_status_check check (case
    when status in ('reserved', 'committed', 'released', 'expired') then true
    when status in ('fulfilled', 'returned') then not is_backordered
    else false end) not valid;

comment on column inventory_reservations.is_backordered is
  'Promised beyond the stock; false as soon as goods are there for it (sp_fill_backorders).';

alter table fulfillments
  add column awaits_stock boolean not null default false;

comment on column fulfillments.awaits_stock is
  'Some of its goods are promised beyond the stock: nobody begins with it until they are there.';
