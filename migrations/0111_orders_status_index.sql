-- no-transaction
-- Orders of a state, the newest first: a list of what is rare reads nothing else. The state stands
-- first, so that the gauges count open orders of all shops by it, too.
create index concurrently orders_status_idx
  on orders (order_status, tenant_id, placed_at desc, order_id desc);
