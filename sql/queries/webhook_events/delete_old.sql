-- Events that came more than $1 seconds ago and have an end, at most $2.
-- Index: webhook_events_received_at_idx.
with old as (
  select tenant_id, webhook_event_id
  from webhook_events
  where received_at < clock_now() - make_interval(secs => $1)
    and status in ('processed', 'ignored', 'dead')
  order by received_at
  limit $2
  for update skip locked
)
delete from webhook_events as e
using old
where e.tenant_id = old.tenant_id
  and e.webhook_event_id = old.webhook_event_id
