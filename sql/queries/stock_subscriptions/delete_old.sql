-- Wishes to be told that were fulfilled more than $1 seconds ago, at most $2.
-- Locks: those rows, skipping what others hold. Index: stock_subscriptions_notified_idx.
with old as (
  select tenant_id, subscription_id
  from stock_subscriptions
  where notified_at < clock_now() - make_interval(secs => $1)
    and notified_at is not null
  order by notified_at
  limit $2
  for update skip locked
)
delete from stock_subscriptions as t
using old
where t.tenant_id = old.tenant_id
  and t.subscription_id = old.subscription_id
