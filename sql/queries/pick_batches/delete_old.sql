-- Pick lists, with their lines, that ended and were made more than $1 seconds ago, at most $2.
-- Locks: those rows, skipping what others hold. Index: pick_batches_ended_idx,
-- pick_list_items_pick_batch_id_idx.
with old as (
  select tenant_id, pick_batch_id
  from pick_batches
  where created_at < clock_now() - make_interval(secs => $1)
    and status in ('completed', 'cancelled')
  order by created_at
  limit $2
  for update skip locked
),
lines as (
  delete from pick_list_items as i
  using old
  where i.tenant_id = old.tenant_id
    and i.pick_batch_id = old.pick_batch_id
)
delete from pick_batches as t
using old
where t.tenant_id = old.tenant_id
  and t.pick_batch_id = old.pick_batch_id
