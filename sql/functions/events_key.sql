-- The key of the advisory lock that readers hold, shared, while they wait to be told of events.
create or replace function events_key()
returns bigint
language plpgsql immutable
-- Each statement that writes events asks for it; an SQL function is parsed and planned every time.
as $$
begin
  return hashtextextended('shop_events', 0);
end
$$;

comment on function events_key() is 'Key of the lock of those who wait for events; internal.';
