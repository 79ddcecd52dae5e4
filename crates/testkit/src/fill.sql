-- A year of a shop's orders, written set by set, for tests and for measuring: `fill.orders` of them
-- (set fill.orders = 1000000), with lines, promises, ledger, histories, fulfilments, parcels,
-- payments, notices and jobs, so that the books balance. Into an empty database only; by a
-- superuser, since triggers and foreign keys, which would do all this order by order, are off.
set session_replication_role = replica;
set synchronous_commit = off;
set work_mem = '256MB';

insert into products (product_id, product_code, name)
select n, 'P-' || n, 'Product ' || n from generate_series(1, 50) as n;
insert into product_variants
  (variant_id, product_id, sku, title, kind, price, currency, fulfillment_provider)
select n, n, 'P-' || n, 'Product ' || n, case when n % 5 = 0 then 'digital' else 'physical' end,
  n * 100, 'GHS', case when n % 2 = 0 then 'prodigi' else 'at_ishare' end
from generate_series(1, 50) as n;
insert into inventory_items (inventory_item_id, sku)
select n, 'P-' || n from generate_series(1, 50) as n;
insert into variant_inventory_items (variant_id, inventory_item_id)
select n, n from generate_series(1, 50) as n;
insert into locations (location_id, code, name)
values (1, 'ACC', 'Accra'), (2, 'KUM', 'Kumasi');
insert into customers (customer_id, customer_code, name, email)
select n, 'C-' || n, 'Customer ' || n, 'c' || n || '@example.com'
from generate_series(1, greatest(current_setting('fill.orders')::bigint / 10, 1)) as n;

-- 85 % delivered, 5 % cancelled, 3 % expired, 3 % shipped, 2 % processing, 2 % pending.
create temp table plan as
select
  n as order_id,
  clock_now() - interval '365 days' * (1 - n / (current_setting('fill.orders')::float8 + 1))
    as placed_at,
  case
    when n % 100 < 85 then 'delivered'
    when n % 100 < 90 then 'cancelled'
    when n % 100 < 93 then 'expired'
    when n % 100 < 96 then 'shipped'
    when n % 100 < 98 then 'processing'
    else 'pending'
  end as order_status,
  1 + n % 3 as lines,
  1 + n * 7919 % greatest(current_setting('fill.orders')::bigint / 10, 1) as customer_id,
  (1 + n % 7) * interval '1 minute' as until_confirmed,
  (1 + n % 70) * interval '1 hour' as until_shipped,
  (80 + n % 50) * interval '1 hour' as until_delivered
from generate_series(1, current_setting('fill.orders')::bigint) as n;

insert into order_items (
  order_item_id, order_id, variant_id, line_number, sku, title, quantity, unit_price, total_price,
  quantity_fulfilled, quantity_shipped, quantity_delivered)
select order_id * 4 + line, order_id, variant_id, line, 'P-' || variant_id,
  'Product ' || variant_id, quantity, variant_id * 100, variant_id * 100 * quantity,
  case when order_status in ('shipped', 'delivered') then quantity else 0 end,
  case when order_status in ('shipped', 'delivered') then quantity else 0 end,
  case when order_status = 'delivered' then quantity else 0 end
from (
  select p.order_id, p.order_status, line, (1 + (p.order_id * 31 + line * 17) % 50) as variant_id,
    1 + p.order_id % 2 as quantity
  from plan as p
  cross join generate_series(1, p.lines) as line
) as n;

insert into orders (
  order_id, order_number, order_status, payment_status, payment_method, currency, subtotal,
  shipping_fee, discount_amount, total_amount, customer_name, customer_email, shipping_address,
  order_source, cancel_reason, placed_at, confirmed_at, delivered_at, cancelled_at, customer_id,
  promo_code, updated_at)
select p.order_id, 'ORD-' || p.order_id, p.order_status,
  'pending', case when p.order_id % 3 = 0 then 'stripe' else 'cod' end, 'GHS', i.subtotal, 500,
  case when p.order_id % 20 = 0 then 100 else 0 end,
  i.subtotal + 500 - case when p.order_id % 20 = 0 then 100 else 0 end,
  'Customer ' || p.customer_id, 'c' || p.customer_id || '@example.com',
  jsonb_build_object('recipient', 'Somebody', 'address', 'Somewhere 1', 'city', 'Accra',
    'country', (array['GH', 'NG', 'GB', 'DE'])[1 + p.order_id % 4]),
  (array['web', 'api', 'messenger'])[1 + p.order_id % 3],
  case when p.order_status = 'cancelled' then 'changed my mind' end, p.placed_at,
  case when p.order_status in ('processing', 'shipped', 'delivered')
    then p.placed_at + p.until_confirmed end,
  case when p.order_status = 'delivered' then p.placed_at + p.until_delivered end,
  case when p.order_status = 'cancelled' then p.placed_at + p.until_confirmed end,
  p.customer_id, case when p.order_id % 20 = 0 then 'TEN-' || p.order_id % 3 end, p.placed_at
from plan as p
join (
  select order_id, sum(total_price) as subtotal from order_items group by order_id
) as i using (order_id);

-- The ways that orders took; step 0 is where they began.
insert into order_state_history (
  order_id, axis, from_status, to_status, changed_by, created_at, held_ms)
select p.order_id, 'order', s.way[s.step - 1], s.way[s.step], 'fill',
  p.placed_at + (s.step - 1) * p.until_confirmed,
  case when s.step > 1 then extract(epoch from p.until_confirmed)::bigint * 1000 end
from plan as p
cross join lateral (
  select way, generate_series(1, cardinality(way)) as step
  from (
    select case p.order_status
      when 'delivered' then '{pending,confirmed,processing,shipped,delivered}'
      when 'shipped' then '{pending,confirmed,processing,shipped}'
      when 'processing' then '{pending,confirmed,processing}'
      when 'pending' then '{pending}'
      else array['pending', p.order_status]::text
    end::text[] as way
  ) as ways
) as s
order by p.order_id, s.step;

insert into inventory_reservations (
  reservation_id, order_id, order_item_id, inventory_item_id, location_id, quantity, status,
  expires_at, released_reason, created_at, updated_at)
select oi.order_item_id, oi.order_id, oi.order_item_id, oi.variant_id, 1 + oi.order_id % 2,
  oi.quantity,
  case p.order_status when 'cancelled' then 'released' when 'expired' then 'expired'
    when 'pending' then 'reserved' when 'processing' then 'committed' else 'fulfilled' end,
  case when p.order_status = 'pending' then clock_now() + interval '1 day' else p.placed_at end,
  case p.order_status when 'cancelled' then 'ORDER_CANCELLED' end,
  p.placed_at, p.placed_at + p.until_confirmed
from order_items as oi
join plan as p using (order_id);

insert into inventory_levels (
  inventory_item_id, location_id, on_hand, reserved, allocated)
select i.inventory_item_id, l.location_id,
  1000000 - coalesce(sum(r.quantity) filter (where r.status = 'fulfilled'), 0),
  coalesce(sum(r.quantity) filter (where r.status = 'reserved'), 0),
  coalesce(sum(r.quantity) filter (where r.status = 'committed'), 0)
from inventory_items as i
cross join locations as l
left join inventory_reservations as r
  on r.inventory_item_id = i.inventory_item_id and r.location_id = l.location_id
group by i.inventory_item_id, l.location_id;

insert into stock_movements (
  inventory_item_id, location_id, kind, on_hand_delta, created_at)
select inventory_item_id, location_id, 'received', 1000000, clock_now() - interval '366 days'
from inventory_levels;
insert into stock_movements (
  inventory_item_id, location_id, kind, on_hand_delta, reserved_delta, allocated_delta, order_id,
  reservation_id, created_at)
select r.inventory_item_id, r.location_id, m.kind, m.on_hand * r.quantity, m.reserved * r.quantity,
  m.allocated * r.quantity, r.order_id, r.reservation_id, r.created_at + m.later
from inventory_reservations as r
join (values
  ('reserved', 0, 1, 0, interval '0', '{reserved,committed,fulfilled,released,expired}'::text[]),
  ('reservation_released', 0, -1, 0, interval '5 minutes', '{released}'),
  ('reservation_expired', 0, -1, 0, interval '15 minutes', '{expired}'),
  ('allocated', 0, -1, 1, interval '5 minutes', '{committed,fulfilled}'),
  ('shipped', -1, 0, -1, interval '1 day', '{fulfilled}')
) as m (kind, on_hand, reserved, allocated, later, statuses) on r.status = any (m.statuses)
order by r.created_at + m.later;

insert into fulfillments (
  fulfillment_id, order_id, provider_code, location_id, status, attempt, created_at, submitted_at,
  shipped_at, delivered_at, updated_at)
select order_id, order_id, case when order_id % 2 = 0 then 'prodigi' else 'at_ishare' end,
  1 + order_id % 2,
  case order_status when 'processing' then 'submitted' else order_status end,
  1 + (order_id % 25 = 0)::integer, placed_at + until_confirmed, placed_at + until_confirmed,
  case when order_status in ('shipped', 'delivered') then placed_at + until_shipped end,
  case when order_status = 'delivered' then placed_at + until_delivered end, placed_at
from plan
where order_status in ('processing', 'shipped', 'delivered');
insert into order_state_history (
  order_id, fulfillment_id, axis, from_status, to_status, changed_by, created_at, held_ms)
select f.order_id, f.fulfillment_id, 'fulfillment', s.way[s.step - 1], s.way[s.step], 'fill',
  f.created_at + (s.step - 1) * interval '20 hours', case when s.step > 1 then 72000000 end
from fulfillments as f
cross join lateral (
  select way, generate_series(1, cardinality(way)) as step
  from (
    select case f.status
      when 'delivered' then '{pending,submitted,accepted,shipped,delivered}'
      when 'shipped' then '{pending,submitted,accepted,shipped}'
      else '{pending,submitted}' end::text[] as way
  ) as ways
) as s
order by f.order_id, s.step;
insert into fulfillment_items (
  fulfillment_id, order_id, order_item_id, reservation_id, quantity)
select f.fulfillment_id, f.order_id, oi.order_item_id, oi.order_item_id, oi.quantity
from fulfillments as f
join order_items as oi using (order_id);
insert into fulfillment_logs (
  order_id, fulfillment_id, provider_code, action, status, attempt_number, duration_ms,
  error_code, retryable, created_at)
select order_id, fulfillment_id, provider_code,
  case when n > 1 then 'retry' else 'trigger' end,
  case when n < attempt then 'failed' else 'success' end, n, 50 + order_id % 900,
  case when n < attempt then (array['timeout', 'http_503', 'rate_limited'])[1 + order_id % 3] end,
  n < attempt, created_at + n * interval '5 minutes'
from fulfillments
cross join lateral generate_series(1, attempt) as n;
insert into shipments (
  order_id, fulfillment_id, carrier_code, service, tracking_number, status, cost, currency,
  estimated_delivery_at, created_at, shipped_at, delivered_at)
select order_id, fulfillment_id, (array['dhl', 'ups', 'dpd'])[1 + order_id % 3], 'express',
  'T' || order_id, case status when 'delivered' then 'delivered' else 'in_transit' end, 300, 'GHS',
  created_at + interval '5 days', shipped_at, shipped_at, delivered_at
from fulfillments
where shipped_at is not null;
insert into order_state_history (
  order_id, shipment_id, axis, from_status, to_status, changed_by, created_at, held_ms)
select s.order_id, s.shipment_id, 'shipment', w.from_status, w.to_status, 'fill',
  s.shipped_at + w.later, w.held_ms
from shipments as s
join (values
  (null, 'pending', interval '0', null, '{in_transit,delivered}'::text[]),
  ('pending', 'in_transit', interval '4 hours', 14400000, '{in_transit,delivered}'),
  ('in_transit', 'delivered', interval '40 hours', 129600000, '{delivered}')
) as w (from_status, to_status, later, held_ms, statuses) on s.status = any (w.statuses)
order by s.order_id, w.later;

insert into payments (
  order_id, provider, currency, amount, captured_amount, status, created_at)
select order_id, 'cod', currency, total_amount, 0, 'pending', placed_at
from orders
where order_status in ('processing', 'shipped')
  and payment_method = 'cod';
insert into order_errors (
  order_id, category, severity, stage, code, message, is_resolved, resolved_at, created_at)
select order_id, 'delivery', 'high', 'fulfilment',
  (array['timeout', 'bad_address'])[1 + order_id % 2],
  'x', true, placed_at + interval '2 hours', placed_at
from orders
where order_id % 100 = 7;
insert into notification_queue (
  order_id, notification_type, recipient, status, attempts, dedupe_key, created_at, sent_at)
select order_id, t, customer_email, 'sent', 1, t || order_id, placed_at,
  placed_at + (1 + order_id % 30) * interval '1 second'
from orders
cross join unnest('{order_confirmed,order_delivered}'::text[]) as t
where order_status = 'delivered';

-- The queue keeps its history for a week.
insert into queue.workers (
  heartbeat_ms, concurrency, name, state, version, queues, kinds, stopped_at)
select 1000, 10, 'worker-' || n, 'stopped', '0', '{fulfilment}', '{}', clock_now()
from generate_series(1, 3) as n;
insert into queue.finished_jobs (
  job_id, finished_at, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
  state, queue, kind, args)
select order_id, due + interval '3 seconds', due, due, due + order_id % 9 * interval '100 ms',
  (select min(worker_id) from queue.workers) + order_id % 3, 1 + (order_id % 40 = 0)::integer, 0, 0,
  'completed', 'fulfilment', 'fulfil_order', jsonb_build_object('tenant_id', tenant_id)
from (
  select order_id, tenant_id, clock_now() - interval '7 days' * random() as due
  from orders
  where order_id % 4 = 0
) as jobs;
drop table plan;

-- The next order is not one of these.
select setval(pg_get_serial_sequence(t, c), greatest(m, 1))
from (
  values
    ('orders', 'order_id', (select max(order_id) from orders)),
    ('order_items', 'order_item_id', (select max(order_item_id) from order_items)),
    ('fulfillments', 'fulfillment_id', (select max(fulfillment_id) from fulfillments)),
    ('inventory_reservations', 'reservation_id',
      (select max(reservation_id) from inventory_reservations)),
    ('customers', 'customer_id', (select max(customer_id) from customers)),
    ('products', 'product_id', 50), ('product_variants', 'variant_id', 50),
    ('inventory_items', 'inventory_item_id', 50), ('locations', 'location_id', 2)
) as ids (t, c, m);
reset session_replication_role;
reset synchronous_commit;
reset work_mem;
analyze;
