-- $1 provider, $2 our reference, $3 tenant. Locks: the fulfilment's job.
-- Index: fulfillments_reference_key, jobs_unique_key_idx.
select hurry_fulfillment($1, $2, $3) as state
