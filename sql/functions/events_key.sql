-- The key of the advisory lock that readers hold, shared, while they wait to be told of events.
create or replace function events_key()
returns bigint
language sql immutable
as $$
  select hashtextextended('shop_events', 0)
$$;

comment on function events_key() is 'Key of the lock of those who wait for events; internal.';
