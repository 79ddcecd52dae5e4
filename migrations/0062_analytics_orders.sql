-- What the views of schema analytics read: sums by day (hour for the queue), written by the
-- functions analytics.refresh_…() that the job refresh_analytics calls. Tables and not
-- materialised views, because row security holds for tables. Also what a shop promises its
-- customers, and what was refreshed when.
-- Locks: none, new tables only.

create table analytics.sla_targets (
  tenant_id uuid not null default current_tenant_id(),
  confirm_seconds integer not null default 3600,
  ship_seconds integer not null default 172800,
  deliver_seconds integer not null default 432000,
  constraint sla_targets_pkey primary key (tenant_id),
  constraint sla_targets_seconds_check
    check (confirm_seconds > 0 and ship_seconds > 0 and deliver_seconds > 0)
);

comment on table analytics.sla_targets is
  'Within which times a shop wants to be through; a shop without a row has the defaults.';
comment on column analytics.sla_targets.tenant_id is 'The shop.';
comment on column analytics.sla_targets.confirm_seconds is 'From placed to confirmed: 1 hour.';
comment on column analytics.sla_targets.ship_seconds is 'From placed to first shipped: 2 days.';
comment on column analytics.sla_targets.deliver_seconds is 'From placed to delivered: 5 days.';

create table analytics.refreshes (
  tenant_id uuid not null default current_tenant_id(),
  topic text not null,
  refreshed_at timestamptz not null,
  whole_at timestamptz,
  constraint refreshes_pkey primary key (tenant_id, topic)
);

comment on table analytics.refreshes is 'How fresh the numbers are.';
comment on column analytics.refreshes.tenant_id is 'The shop.';
comment on column analytics.refreshes.topic is 'The table of analytics that was computed.';
comment on column analytics.refreshes.refreshed_at is 'When it was last computed.';
comment on column analytics.refreshes.whole_at is
  'When it was last computed from the beginning, and not only for the last weeks.';

create table analytics.order_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  order_source text not null,
  payment_method text not null,
  currency char(3) not null,
  order_status text not null,
  payment_status text not null,
  orders bigint not null,
  confirmed_orders bigint not null,
  delivered_orders bigint not null,
  subtotal bigint not null,
  shipping_fee bigint not null,
  tax_amount bigint not null,
  discount_amount bigint not null,
  total_amount bigint not null,
  constraint order_days_pkey primary key (
    tenant_id, day, order_source, payment_method, currency, order_status, payment_status)
);

comment on table analytics.order_days is
  'Orders by the day they were placed and by what they are now.';
comment on column analytics.order_days.tenant_id is 'The shop.';
comment on column analytics.order_days.day is 'Day in UTC.';
comment on column analytics.order_days.order_source is 'Where orders come from: web, api, …';
comment on column analytics.order_days.payment_method is 'How orders are paid.';
comment on column analytics.order_days.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.order_days.order_status is 'State of the orders now.';
comment on column analytics.order_days.payment_status is 'State of their payment now.';
comment on column analytics.order_days.orders is 'Orders.';
comment on column analytics.order_days.confirmed_orders is
  'Orders that were confirmed at some time.';
comment on column analytics.order_days.delivered_orders is 'Orders that were delivered.';
comment on column analytics.order_days.subtotal is 'Sum of the lines, minor units.';
comment on column analytics.order_days.shipping_fee is 'Minor units.';
comment on column analytics.order_days.tax_amount is 'Minor units.';
comment on column analytics.order_days.discount_amount is 'Taken off, minor units.';
comment on column analytics.order_days.total_amount is 'What customers pay, minor units.';

create table analytics.product_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  sku text not null,
  currency char(3) not null,
  product_name text,
  orders bigint not null,
  units bigint not null,
  units_cancelled bigint not null,
  units_delivered bigint not null,
  units_returned bigint not null,
  gross_amount bigint not null,
  net_amount bigint not null,
  constraint product_days_pkey primary key (tenant_id, day, sku, currency)
);

comment on table analytics.product_days is
  'What was ordered of each SKU, by the day of the order.';
comment on column analytics.product_days.tenant_id is 'The shop.';
comment on column analytics.product_days.day is 'Day in UTC.';
comment on column analytics.product_days.sku is 'Stock keeping unit.';
comment on column analytics.product_days.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.product_days.product_name is 'The product''s name.';
comment on column analytics.product_days.orders is 'Orders.';
comment on column analytics.product_days.units is 'Units ordered.';
comment on column analytics.product_days.units_cancelled is
  'Units given up again, with their order or alone.';
comment on column analytics.product_days.units_delivered is 'Units that reached the customer.';
comment on column analytics.product_days.units_returned is 'Units that came back.';
comment on column analytics.product_days.gross_amount is
  'Price of all units ordered, minor units.';
comment on column analytics.product_days.net_amount is
  'Price of the units that were neither given up nor returned.';

create table analytics.state_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  axis text not null,
  from_status text not null,
  to_status text not null,
  changes bigint not null,
  held_seconds double precision,
  held_p50_seconds double precision,
  held_p95_seconds double precision,
  held_max_seconds double precision,
  constraint state_days_pkey primary key (tenant_id, day, axis, from_status, to_status)
);

comment on table analytics.state_days is
  'How often each state was left, by day, and how long it had held.';
comment on column analytics.state_days.tenant_id is 'The shop.';
comment on column analytics.state_days.day is 'Day in UTC.';
comment on column analytics.state_days.axis is 'order, payment, fulfillment, shipment or return.';
comment on column analytics.state_days.from_status is
  'The state that was left; start: there was none.';
comment on column analytics.state_days.to_status is 'The state that followed.';
comment on column analytics.state_days.changes is 'How often.';
comment on column analytics.state_days.held_seconds is
  'Seconds in the state, all changes together.';
comment on column analytics.state_days.held_p50_seconds is 'Half of the changes came within.';
comment on column analytics.state_days.held_p95_seconds is '95 of 100 changes came within.';
comment on column analytics.state_days.held_max_seconds is 'The longest.';

create table analytics.cycle_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  orders bigint not null,
  confirmed_orders bigint not null,
  shipped_orders bigint not null,
  delivered_orders bigint not null,
  confirm_p50_seconds double precision,
  confirm_p95_seconds double precision,
  ship_p50_seconds double precision,
  ship_p95_seconds double precision,
  deliver_p50_seconds double precision,
  deliver_p95_seconds double precision,
  confirmed_in_time bigint not null,
  shipped_in_time bigint not null,
  delivered_in_time bigint not null,
  constraint cycle_days_pkey primary key (tenant_id, day)
);

comment on table analytics.cycle_days is
  'How long orders take, by the day they were placed, and whether that was in time.';
comment on column analytics.cycle_days.tenant_id is 'The shop.';
comment on column analytics.cycle_days.day is 'Day in UTC.';
comment on column analytics.cycle_days.orders is 'Orders.';
comment on column analytics.cycle_days.confirmed_orders is
  'Orders that were confirmed at some time.';
comment on column analytics.cycle_days.shipped_orders is 'Orders of which something was shipped.';
comment on column analytics.cycle_days.delivered_orders is 'Orders that were delivered.';
comment on column analytics.cycle_days.confirm_p50_seconds is
  'From placed to confirmed, half of the orders within.';
comment on column analytics.cycle_days.confirm_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.cycle_days.ship_p50_seconds is
  'From placed to first shipped, half of the orders within.';
comment on column analytics.cycle_days.ship_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.cycle_days.deliver_p50_seconds is
  'From placed to delivered, half of the orders within.';
comment on column analytics.cycle_days.deliver_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.cycle_days.confirmed_in_time is 'Confirmed within the target.';
comment on column analytics.cycle_days.shipped_in_time is 'Shipped within the target.';
comment on column analytics.cycle_days.delivered_in_time is 'Delivered within the target.';

create table analytics.provider_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  provider_code text not null,
  country text not null,
  fulfillments bigint not null,
  delivered bigint not null,
  failed bigint not null,
  cancelled bigint not null,
  attempts bigint not null,
  retried bigint not null,
  retried_delivered bigint not null,
  deliver_p50_seconds double precision,
  deliver_p95_seconds double precision,
  constraint provider_days_pkey primary key (tenant_id, day, provider_code, country)
);

comment on table analytics.provider_days is
  'Fulfilments by the day they were asked for, provider and destination.';
comment on column analytics.provider_days.tenant_id is 'The shop.';
comment on column analytics.provider_days.day is 'Day in UTC.';
comment on column analytics.provider_days.provider_code is 'Who fulfils.';
comment on column analytics.provider_days.country is
  'ISO 3166 code of the destination; none: nothing is shipped.';
comment on column analytics.provider_days.fulfillments is 'Fulfilments.';
comment on column analytics.provider_days.delivered is 'Delivered.';
comment on column analytics.provider_days.failed is 'Failed, rejected or on hold now.';
comment on column analytics.provider_days.cancelled is 'Cancelled.';
comment on column analytics.provider_days.attempts is 'How often workers began them.';
comment on column analytics.provider_days.retried is 'Begun more than once.';
comment on column analytics.provider_days.retried_delivered is
  'Begun more than once, and delivered.';
comment on column analytics.provider_days.deliver_p50_seconds is
  'From asked for to delivered, half of them within.';
comment on column analytics.provider_days.deliver_p95_seconds is 'The same, 95 of 100.';

create table analytics.carrier_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  carrier_code text not null,
  service text not null,
  country text not null,
  currency char(3) not null,
  shipments bigint not null,
  delivered bigint not null,
  estimated bigint not null,
  on_time bigint not null,
  troubled bigint not null,
  transit_p50_hours double precision,
  transit_p95_hours double precision,
  cost bigint not null,
  constraint carrier_days_pkey primary key (
    tenant_id, day, carrier_code, service, country, currency)
);

comment on table analytics.carrier_days is
  'Parcels by the day they were handed over, carrier, service and destination.';
comment on column analytics.carrier_days.tenant_id is 'The shop.';
comment on column analytics.carrier_days.day is 'Day in UTC.';
comment on column analytics.carrier_days.carrier_code is 'Who carries.';
comment on column analytics.carrier_days.service is 'The carriers product; standard: not named.';
comment on column analytics.carrier_days.country is
  'ISO 3166 code of the destination; none: nothing is shipped.';
comment on column analytics.carrier_days.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.carrier_days.shipments is 'Parcels.';
comment on column analytics.carrier_days.delivered is 'Delivered.';
comment on column analytics.carrier_days.estimated is 'Delivered parcels that had an estimate.';
comment on column analytics.carrier_days.on_time is 'Of those, delivered by the estimate.';
comment on column analytics.carrier_days.troubled is
  'Parcels with an exception, lost (expired) or sent back.';
comment on column analytics.carrier_days.transit_p50_hours is
  'From shipped to delivered, half of them within.';
comment on column analytics.carrier_days.transit_p95_hours is 'The same, 95 of 100.';
comment on column analytics.carrier_days.cost is 'What they cost the shop, minor units.';

create table analytics.call_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  provider_code text not null,
  action text not null,
  status text not null,
  error_code text not null,
  calls bigint not null,
  retryable bigint not null,
  p50_ms double precision,
  p95_ms double precision,
  constraint call_days_pkey primary key (
    tenant_id, day, provider_code, action, status, error_code)
);

comment on table analytics.call_days is
  'Calls to providers by day, what was asked, and how it ended.';
comment on column analytics.call_days.tenant_id is 'The shop.';
comment on column analytics.call_days.day is 'Day in UTC.';
comment on column analytics.call_days.provider_code is 'Who fulfils.';
comment on column analytics.call_days.action is
  'trigger (first submission), retry, verify or cancel.';
comment on column analytics.call_days.status is
  'success, pending, failed or unknown (sent, no answer).';
comment on column analytics.call_days.error_code is
  'Stable code of the failure; none: there was none.';
comment on column analytics.call_days.calls is 'Calls.';
comment on column analytics.call_days.retryable is 'Calls after which trying again may help.';
comment on column analytics.call_days.p50_ms is
  'Half of the calls took at most so many milliseconds.';
comment on column analytics.call_days.p95_ms is 'The same, 95 of 100.';

create table analytics.notification_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  notification_type text not null,
  channel text not null,
  notices bigint not null,
  sent bigint not null,
  delivered bigint not null,
  failed bigint not null,
  skipped bigint not null,
  pending bigint not null,
  attempts bigint not null,
  send_p50_seconds double precision,
  send_p95_seconds double precision,
  constraint notification_days_pkey primary key (tenant_id, day, notification_type, channel)
);

comment on table analytics.notification_days is 'Notices to customers by the day of their event.';
comment on column analytics.notification_days.tenant_id is 'The shop.';
comment on column analytics.notification_days.day is 'Day in UTC.';
comment on column analytics.notification_days.notification_type is 'What it tells.';
comment on column analytics.notification_days.channel is 'How it is sent.';
comment on column analytics.notification_days.notices is 'Notices.';
comment on column analytics.notification_days.sent is 'Handed to the channel, receipt or not.';
comment on column analytics.notification_days.delivered is 'With a receipt.';
comment on column analytics.notification_days.failed is 'Given up.';
comment on column analytics.notification_days.skipped is 'Not sent: no address, or not wanted.';
comment on column analytics.notification_days.pending is 'Not yet sent.';
comment on column analytics.notification_days.attempts is 'Attempts to send.';
comment on column analytics.notification_days.send_p50_seconds is
  'From event to sent, half of them within.';
comment on column analytics.notification_days.send_p95_seconds is 'The same, 95 of 100.';
