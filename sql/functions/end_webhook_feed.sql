-- Whether no endpoint is left to read events for; then the position is forgotten, and the first
-- endpoint to come begins anew. In the transaction that completes the feed_webhooks job: whoever
-- adds an endpoint at that moment waits for it, and enqueues the next.
create or replace function end_webhook_feed()
returns boolean
language plpgsql volatile
as $$
begin
  perform
  from webhook_feed
  where is_only
  for update;
  delete from webhook_feed
  where is_only
    and not exists (select from webhook_endpoints where state <> 'deleted');
  return not exists (select from webhook_feed where is_only);
end
$$;

comment on function end_webhook_feed() is
  'Stops reading events when no endpoint is left to read them for.';
