-- Where a reader stands who has read everything that can be read now: before the first transaction
-- that is still open. What is read from here on is all that is written from now on, and what those
-- open transactions wrote.
create or replace function events_position()
returns text
language sql volatile
as $$
  select pg_snapshot_xmin(pg_current_snapshot())::text || '-0'
$$;

comment on function events_position() is
  'The position after all events that can be read now, for events_after() and all_events_after().';
