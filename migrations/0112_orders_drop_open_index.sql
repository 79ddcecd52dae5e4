-- no-transaction
-- orders_status_idx serves what this one did (the gauges), so that placing an order writes no more
-- index entries than before. Queries of the release before take another index meanwhile.
drop index concurrently orders_open_idx;
