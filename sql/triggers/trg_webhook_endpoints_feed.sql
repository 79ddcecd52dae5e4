-- While there is an endpoint, a feed_webhooks job reads the events for it.
create or replace function trg_webhook_endpoints_feed()
returns trigger
language plpgsql
as $$
begin
  if not exists (select from new_rows) then
    return null;
  end if;
  -- The row is locked even if it is there: end_webhook_feed() says why.
  insert into webhook_feed (event_position)
  values (events_position())
  on conflict (is_only) do update set event_position = webhook_feed.event_position;
  perform from queue.enqueue(
    p_kind => 'feed_webhooks', p_queue => 'webhooks', p_unique_key => 'feed_webhooks');
  return null;
end
$$;

comment on function trg_webhook_endpoints_feed() is 'Has events read for endpoints.';

create or replace trigger trg_webhook_endpoints_feed
after insert on webhook_endpoints
referencing new table as new_rows
for each statement execute function trg_webhook_endpoints_feed();
