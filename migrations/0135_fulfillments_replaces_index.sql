-- no-transaction
-- Finds what came in a fulfilment's place, and serves the foreign key.
-- Locks: none that anybody waits for.
create index concurrently fulfillments_replaces_id_idx
  on fulfillments (tenant_id, replaces_id)
  where replaces_id is not null
