-- How far each unit of an order line has come, and since when an order or fulfilment is in its
-- state, so that history says how long a state held without looking back.
-- Locks: access exclusive on order_items, orders and fulfillments, for a moment each: constant
--   defaults and nullable columns rewrite no row, and the checks are not valid until 0043.
-- The previous release: writes none of the new columns; their defaults are what it means.

alter table order_items
  add column quantity_cancelled integer not null default 0,
  add column quantity_fulfilled integer not null default 0,
  add column quantity_shipped integer not null default 0,
  add column quantity_delivered integer not null default 0,
  add column quantity_returned integer not null default 0,
  drop constraint order_items_total_price_check,
  add constraint order_items_total_price_check
    check (total_price = unit_price * (quantity - quantity_cancelled)) not valid,
  add constraint order_items_units_check check (
    quantity_cancelled >= 0 and quantity_delivered >= 0 and quantity_returned >= 0
    and quantity_cancelled + quantity_fulfilled <= quantity
    and quantity_shipped <= quantity_fulfilled
    and quantity_delivered <= quantity_shipped
    and quantity_returned <= quantity_shipped) not valid,
  -- A line's row changes as its units go their way; room on the page for that.
  set (fillfactor = 80);

comment on column order_items.quantity is
  'Units ordered, grown by edits; quantity - quantity_cancelled of them are live.';
comment on column order_items.total_price is 'unit_price * (quantity - quantity_cancelled).';
comment on column order_items.quantity_cancelled is
  'Units taken back before they went, by a partial cancel or an edit; kept by triggers.';
comment on column order_items.quantity_fulfilled is
  'Units that are packed or gone (fulfilments packed, shipped, delivered, returned); kept by '
  'triggers.';
comment on column order_items.quantity_shipped is
  'Units that left (fulfilments shipped, delivered, returned); kept by triggers.';
comment on column order_items.quantity_delivered is
  'Units that arrived (fulfilments delivered); kept by triggers.';
comment on column order_items.quantity_returned is
  'Units that came back (received by a return); kept by triggers.';

alter table orders
  add column order_status_since timestamptz,
  add column payment_status_since timestamptz;
alter table orders
  alter column order_status_since set default clock_now(),
  alter column payment_status_since set default clock_now();

comment on column orders.order_status_since is
  'When it came to order_status; null: before this was kept.';
comment on column orders.payment_status_since is
  'When it came to payment_status; null: before this was kept.';

alter table fulfillments add column status_since timestamptz;
alter table fulfillments alter column status_since set default clock_now();

comment on column fulfillments.status_since is
  'When it came to status; null: before this was kept.';
