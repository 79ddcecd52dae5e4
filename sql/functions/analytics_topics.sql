-- The tables of analytics that are computed, in their order: stock_items reads movement_days.
create or replace function analytics.topics()
returns text[]
language sql
immutable
parallel safe
return array[
  'order_days', 'product_days', 'state_days', 'cycle_days', 'provider_days',
  'carrier_days', 'call_days', 'notification_days', 'movement_days', 'reservation_days',
  'promo_days', 'error_days', 'payment_days', 'queue_hours', 'worker_hours',
  'stock_items', 'cohort_months'
];

comment on function analytics.topics() is 'The tables of analytics in the order to refresh them.';
