-- no-transaction
-- Orders that ended and whose details are not put away: what archive_orders() begins with. An order
-- is in it from its end until then. Locks: none that blocks a writer.
create index concurrently orders_to_archive_idx
  on orders (updated_at)
  where order_status in ('delivered', 'completed', 'partially_returned', 'returned', 'cancelled',
      'expired')
    and (archived_at is null or archived_at <= updated_at);
