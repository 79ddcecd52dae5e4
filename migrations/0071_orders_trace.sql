-- The trace that an order began with, for the jobs that it leads to, whenever they are enqueued.
-- Locks: access exclusive on orders, for a moment: a nullable column rewrites no row.

alter table orders
  add column traceparent text,
  add constraint orders_traceparent_check check (length(traceparent) between 1 and 200);

comment on column orders.traceparent is
  'W3C trace context of the request that placed it; its jobs carry it on.';
