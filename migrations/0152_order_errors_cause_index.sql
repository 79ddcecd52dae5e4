-- no-transaction
-- Whether any error of a cause is still open, asked when one is settled. Locks: none that blocks a
-- writer.
create index concurrently order_errors_cause_idx
  on order_errors (tenant_id, category, stage, code)
  where not is_resolved;
