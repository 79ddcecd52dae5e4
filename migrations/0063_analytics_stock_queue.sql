-- The second half of the tables of 0062: stock, money, failures, the queue, customers.
-- Locks: none, new tables only.

create table analytics.movement_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  sku text not null,
  location_code text not null,
  received bigint not null,
  shipped bigint not null,
  returned bigint not null,
  adjusted bigint not null,
  other bigint not null,
  net_change bigint not null,
  constraint movement_days_pkey primary key (tenant_id, day, sku, location_code)
);

comment on table analytics.movement_days is 'The stock ledger by day, item and location.';
comment on column analytics.movement_days.tenant_id is 'The shop.';
comment on column analytics.movement_days.day is 'Day in UTC.';
comment on column analytics.movement_days.sku is 'Stock keeping unit.';
comment on column analytics.movement_days.location_code is 'Short name of the location.';
comment on column analytics.movement_days.received is 'Units that came in.';
comment on column analytics.movement_days.shipped is 'Units that went out.';
comment on column analytics.movement_days.returned is 'Units that came back and can be sold.';
comment on column analytics.movement_days.adjusted is 'Units found or missed by counts.';
comment on column analytics.movement_days.other is
  'Units moved for other reasons: transfers, damage.';
comment on column analytics.movement_days.net_change is 'Change of units on hand.';

create table analytics.reservation_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  sku text not null,
  reservations bigint not null,
  units bigint not null,
  units_reserved bigint not null,
  units_committed bigint not null,
  units_fulfilled bigint not null,
  units_released bigint not null,
  units_expired bigint not null,
  held_p50_seconds double precision,
  constraint reservation_days_pkey primary key (tenant_id, day, sku)
);

comment on table analytics.reservation_days is
  'Promises of stock by the day they were made, and what became of them.';
comment on column analytics.reservation_days.tenant_id is 'The shop.';
comment on column analytics.reservation_days.day is 'Day in UTC.';
comment on column analytics.reservation_days.sku is 'Stock keeping unit.';
comment on column analytics.reservation_days.reservations is 'Promises.';
comment on column analytics.reservation_days.units is 'Units ordered.';
comment on column analytics.reservation_days.units_reserved is
  'Units still held for unconfirmed orders.';
comment on column analytics.reservation_days.units_committed is
  'Units held for confirmed orders.';
comment on column analytics.reservation_days.units_fulfilled is 'Units that left.';
comment on column analytics.reservation_days.units_released is 'Units given back by cancelling.';
comment on column analytics.reservation_days.units_expired is
  'Units given back because nobody confirmed in time.';
comment on column analytics.reservation_days.held_p50_seconds is
  'How long units that were given back had been held: half within.';

create table analytics.promo_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  promo_code text not null,
  currency char(3) not null,
  orders bigint not null,
  lost_orders bigint not null,
  customers bigint not null,
  discount_amount bigint not null,
  total_amount bigint not null,
  constraint promo_days_pkey primary key (tenant_id, day, promo_code, currency)
);

comment on table analytics.promo_days is
  'Orders with a promotion code, by the day they were placed.';
comment on column analytics.promo_days.tenant_id is 'The shop.';
comment on column analytics.promo_days.day is 'Day in UTC.';
comment on column analytics.promo_days.promo_code is 'The code.';
comment on column analytics.promo_days.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.promo_days.orders is 'Orders.';
comment on column analytics.promo_days.lost_orders is
  'Of those, cancelled, expired or never paid.';
comment on column analytics.promo_days.customers is 'Different known customers.';
comment on column analytics.promo_days.discount_amount is 'Taken off, minor units.';
comment on column analytics.promo_days.total_amount is 'What customers pay, minor units.';

create table analytics.error_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  category text not null,
  severity text not null,
  stage text not null,
  code text not null,
  errors bigint not null,
  open_errors bigint not null,
  orders bigint not null,
  resolve_p50_seconds double precision,
  constraint error_days_pkey primary key (tenant_id, day, category, severity, stage, code)
);

comment on table analytics.error_days is 'Failures tied to orders, by day and cause.';
comment on column analytics.error_days.tenant_id is 'The shop.';
comment on column analytics.error_days.day is 'Day in UTC.';
comment on column analytics.error_days.category is
  'delivery, payment, stock, database, api or unknown.';
comment on column analytics.error_days.severity is 'critical, high, medium or low.';
comment on column analytics.error_days.stage is 'Where it happened.';
comment on column analytics.error_days.code is 'Stable code of the cause.';
comment on column analytics.error_days.errors is 'Failures.';
comment on column analytics.error_days.open_errors is 'Not settled yet.';
comment on column analytics.error_days.orders is 'Orders.';
comment on column analytics.error_days.resolve_p50_seconds is
  'From failure to settled, half of them within.';

create table analytics.payment_days (
  tenant_id uuid not null default current_tenant_id(),
  day date not null,
  provider_code text not null,
  currency char(3) not null,
  status text not null,
  payments bigint not null,
  amount bigint not null,
  captured_amount bigint not null,
  refunded_amount bigint not null,
  constraint payment_days_pkey primary key (tenant_id, day, provider_code, currency, status)
);

comment on table analytics.payment_days is 'Payments by the day they were begun.';
comment on column analytics.payment_days.tenant_id is 'The shop.';
comment on column analytics.payment_days.day is 'Day in UTC.';
comment on column analytics.payment_days.provider_code is
  'Who takes the money: stripe, wallet, cod, …';
comment on column analytics.payment_days.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.payment_days.status is 'State of the payments now.';
comment on column analytics.payment_days.payments is 'Payments.';
comment on column analytics.payment_days.amount is 'Asked for, minor units.';
comment on column analytics.payment_days.captured_amount is 'Taken, minor units.';
comment on column analytics.payment_days.refunded_amount is 'Given back, minor units.';

create table analytics.queue_hours (
  tenant_id uuid not null default current_tenant_id(),
  hour timestamptz not null,
  queue text not null,
  kind text not null,
  completed bigint not null,
  abandoned bigint not null,
  dead bigint not null,
  attempts bigint not null,
  retried bigint not null,
  wait_p50_seconds double precision,
  wait_p95_seconds double precision,
  wait_max_seconds double precision,
  run_p50_seconds double precision,
  run_p95_seconds double precision,
  constraint queue_hours_pkey primary key (tenant_id, hour, queue, kind)
);

comment on table analytics.queue_hours is
  'Jobs that ended, by hour, queue and kind. Jobs of no shop count for the first shop.';
comment on column analytics.queue_hours.tenant_id is 'The shop.';
comment on column analytics.queue_hours.hour is 'Hour, begins at.';
comment on column analytics.queue_hours.queue is 'The queue.';
comment on column analytics.queue_hours.kind is 'The kind of the jobs.';
comment on column analytics.queue_hours.completed is 'Jobs that ended well.';
comment on column analytics.queue_hours.abandoned is
  'Jobs that were cancelled or given up on purpose.';
comment on column analytics.queue_hours.dead is
  'Jobs that failed for good and wait for a person.';
comment on column analytics.queue_hours.attempts is 'Attempts made.';
comment on column analytics.queue_hours.retried is
  'Completed jobs that needed more than one attempt.';
comment on column analytics.queue_hours.wait_p50_seconds is
  'From due to claimed, half of them within.';
comment on column analytics.queue_hours.wait_p95_seconds is 'The same, 95 of 100.';
comment on column analytics.queue_hours.wait_max_seconds is 'The longest.';
comment on column analytics.queue_hours.run_p50_seconds is
  'From claimed to finished, half of them within.';
comment on column analytics.queue_hours.run_p95_seconds is 'The same, 95 of 100.';

create table analytics.worker_hours (
  tenant_id uuid not null default current_tenant_id(),
  hour timestamptz not null,
  worker_id bigint not null,
  worker_name text,
  concurrency integer not null,
  jobs bigint not null,
  busy_seconds double precision,
  constraint worker_hours_pkey primary key (tenant_id, hour, worker_id)
);

comment on table analytics.worker_hours is
  'What workers did by the hour their jobs ended in. Workers are of no shop: all count for the '
  'first.';
comment on column analytics.worker_hours.tenant_id is 'The shop.';
comment on column analytics.worker_hours.hour is 'Hour, begins at.';
comment on column analytics.worker_hours.worker_id is 'The worker.';
comment on column analytics.worker_hours.worker_name is
  'What it calls itself; gone: forgotten since.';
comment on column analytics.worker_hours.concurrency is 'Jobs it runs at once.';
comment on column analytics.worker_hours.jobs is 'Jobs it completed.';
comment on column analytics.worker_hours.busy_seconds is 'Seconds in jobs, all together.';

create table analytics.stock_items (
  tenant_id uuid not null default current_tenant_id(),
  sku text not null,
  product_name text,
  on_hand bigint not null,
  promised bigint not null,
  available bigint not null,
  low_stock_threshold integer not null,
  units_shipped_30d bigint not null,
  units_shipped_90d bigint not null,
  on_hand_30d_ago bigint not null,
  constraint stock_items_pkey primary key (tenant_id, sku)
);

comment on table analytics.stock_items is 'Stock of each item now, and what it sold lately.';
comment on column analytics.stock_items.tenant_id is 'The shop.';
comment on column analytics.stock_items.sku is 'Stock keeping unit.';
comment on column analytics.stock_items.product_name is 'The product''s name.';
comment on column analytics.stock_items.on_hand is 'Units physically there.';
comment on column analytics.stock_items.promised is 'Units promised to orders.';
comment on column analytics.stock_items.available is 'Units that can be sold.';
comment on column analytics.stock_items.low_stock_threshold is
  'At or below it the item counts as low.';
comment on column analytics.stock_items.units_shipped_30d is
  'Units that left in the last 30 days.';
comment on column analytics.stock_items.units_shipped_90d is
  'Units that left in the last 90 days.';
comment on column analytics.stock_items.on_hand_30d_ago is 'Units that were there 30 days ago.';

create table analytics.cohort_months (
  tenant_id uuid not null default current_tenant_id(),
  cohort_month date not null,
  months_later integer not null,
  currency char(3) not null,
  customers bigint not null,
  orders bigint not null,
  total_amount bigint not null,
  constraint cohort_months_pkey primary key (tenant_id, cohort_month, months_later, currency)
);

comment on table analytics.cohort_months is
  'Known customers by the month of their first order, and what they ordered since.';
comment on column analytics.cohort_months.tenant_id is 'The shop.';
comment on column analytics.cohort_months.cohort_month is 'Month of the first order.';
comment on column analytics.cohort_months.months_later is 'Months since then; 0 is that month.';
comment on column analytics.cohort_months.currency is 'ISO 4217 code of the amounts.';
comment on column analytics.cohort_months.customers is
  'Customers of the cohort who ordered in that month.';
comment on column analytics.cohort_months.orders is 'Orders.';
comment on column analytics.cohort_months.total_amount is 'What customers pay, minor units.';
