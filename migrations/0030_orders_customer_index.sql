-- no-transaction
-- A customer's orders, newest first. Locks: none that blocks a writer.
create index concurrently orders_customer_id_idx
  on orders (tenant_id, customer_id, placed_at desc) where customer_id is not null;
