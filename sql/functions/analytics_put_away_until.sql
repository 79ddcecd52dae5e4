-- The beginning of the first day (UTC) of which nothing was put away: what was counted of the days
-- before stays as it was. Rows of a day are never put away while that day still changes.
-- Index: archived_orders_last_at_idx.
create or replace function analytics.put_away_until()
returns timestamptz
language sql stable
return coalesce(
  (date_trunc('day', (select max(a.last_at) from archived_orders as a) at time zone 'UTC')
    + interval '1 day') at time zone 'UTC',
  '-infinity');

comment on function analytics.put_away_until() is
  'The beginning of the first day of which nothing was put away into archived_orders.';
