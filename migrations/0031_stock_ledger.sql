-- The ledger learns what comes back, breaks, travels and is still to come; promises may be split
--   and end as returned.
-- Locks: access exclusive on three tables, for a moment: columns with constant defaults rewrite
--   nothing, and the new checks are validated by 0032, which blocks nobody. The previous release
--   goes on writing its kinds of movements, which are legal as before.

alter table inventory_levels
  add column incoming bigint not null default 0,
  add column damaged bigint not null default 0,
  add column safety_stock bigint not null default 0,
  add constraint inventory_levels_incoming_check check (incoming >= 0) not valid,
  add constraint inventory_levels_damaged_check check (damaged >= 0) not valid,
  add constraint inventory_levels_safety_stock_check check (safety_stock >= 0) not valid;

comment on column inventory_levels.incoming is
  'Units on their way to it: announced deliveries, shipped transfers.';
comment on column inventory_levels.damaged is
  'Units there that can not be sold; not counted in on_hand.';
comment on column inventory_levels.safety_stock is
  'Units of on_hand that are kept back from new promises.';

alter table stock_movements
  add column incoming_delta bigint not null default 0,
  add column damaged_delta bigint not null default 0,
  add column fulfillment_id bigint,
  add column return_id bigint,
  add column transfer_id bigint,
  drop constraint stock_movements_kind_check,
  drop constraint stock_movements_deltas_check,
  add constraint stock_movements_kind_check check (kind in (
    'received', 'adjusted', 'reserved', 'reservation_released', 'reservation_expired',
    'allocated', 'deallocated', 'shipped', 'returned', 'damaged', 'written_off', 'incoming',
    'transfer_out', 'transfer_in')) not valid,
  -- What each kind may move; a movement that moves nothing has no kind it could be.
  add constraint stock_movements_deltas_check check (
    (incoming_delta = 0 or kind in ('received', 'incoming', 'transfer_in'))
    and (damaged_delta = 0 or kind in ('damaged', 'written_off'))
    and case kind
      when 'received' then on_hand_delta > 0 and reserved_delta = 0 and allocated_delta = 0
        and incoming_delta <= 0
      when 'adjusted' then on_hand_delta <> 0 and reserved_delta = 0 and allocated_delta = 0
      when 'reserved' then on_hand_delta = 0 and reserved_delta > 0 and allocated_delta = 0
      when 'allocated' then on_hand_delta = 0 and reserved_delta < 0
        and allocated_delta = -reserved_delta
      when 'deallocated' then on_hand_delta = 0 and reserved_delta = 0 and allocated_delta < 0
      when 'shipped' then on_hand_delta < 0 and reserved_delta = 0
        and allocated_delta = on_hand_delta
      when 'returned' then on_hand_delta > 0 and reserved_delta = 0 and allocated_delta = 0
      when 'damaged' then damaged_delta > 0 and on_hand_delta in (0, -damaged_delta)
        and reserved_delta = 0 and allocated_delta = 0
      when 'written_off' then damaged_delta < 0 and on_hand_delta = 0 and reserved_delta = 0
        and allocated_delta = 0
      when 'incoming' then incoming_delta <> 0 and on_hand_delta = 0 and reserved_delta = 0
        and allocated_delta = 0
      when 'transfer_out' then on_hand_delta < 0 and reserved_delta = 0 and allocated_delta = 0
      when 'transfer_in' then on_hand_delta >= 0 and incoming_delta < 0 and reserved_delta = 0
        and allocated_delta = 0
      else on_hand_delta = 0 and reserved_delta < 0 and allocated_delta = 0
    end) not valid;

comment on table stock_movements is
  'The stock ledger: append-only, the only writer of inventory_levels. What mirrors a promise '
  '(reserved, allocated, shipped, …) comes from inventory_reservations'' triggers; the other kinds '
  'may be inserted by anybody who may write stock.';
comment on column stock_movements.kind is
  'received, adjusted (a correction, reason required), reserved, reservation_released, '
  'reservation_expired, allocated (reserved becomes allocated), deallocated, shipped, returned '
  '(a customer''s units are on the shelf again), damaged (units can not be sold), written_off '
  '(damaged units leave), incoming (announced), transfer_out, transfer_in.';
comment on column stock_movements.incoming_delta is 'Added to incoming.';
comment on column stock_movements.damaged_delta is 'Added to damaged.';
comment on column stock_movements.fulfillment_id is 'The fulfilment with which units left.';
comment on column stock_movements.return_id is 'The return with which units came back.';
comment on column stock_movements.transfer_id is 'The transfer between locations.';

alter table inventory_reservations
  add column split_from bigint,
  add column fulfillment_id bigint,
  drop constraint inventory_reservations_status_check,
  add constraint inventory_reservations_status_check check (status in (
    'reserved', 'committed', 'fulfilled', 'released', 'expired', 'returned')) not valid;

comment on table inventory_reservations is
  'Units of an item at a location promised to an order line: reserved (until expires_at), '
  'committed (order confirmed), fulfilled (gone), released, expired, returned (came back). '
  'trg_inventory_reservations_ledger '
  'writes each change to stock_movements and refuses illegal ones.';
comment on column inventory_reservations.quantity is
  'Units; changes only when a part of them is split off.';
comment on column inventory_reservations.status is
  'reserved -> committed | released | expired; committed -> fulfilled | released; '
  'fulfilled -> returned.';
comment on column inventory_reservations.split_from is
  'The promise that this one was split off, so that its units can go another way.';
comment on column inventory_reservations.fulfillment_id is
  'The fulfilment that used it up; null: not gone, or gone before this was written down.';
