-- What analysts read is a schema of its own, so that their role needs nothing else.
-- Locks: none.

create schema analytics;

comment on schema analytics is
  'For analysts: sums and rates over orders, stock, fulfilment and the queue, without personal '
  'data. Refreshed by the job refresh_analytics.';
