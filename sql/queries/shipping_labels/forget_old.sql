-- What was printed of labels that were bought more than $1 seconds ago, at most $2; the label's
-- row, with price and number, stays.
-- Locks: those rows, skipping what others hold. Index: shipping_labels_content_idx.
with old as (
  select tenant_id, shipping_label_id
  from shipping_labels
  where bought_at < clock_now() - make_interval(secs => $1)
    and content is not null
  order by bought_at
  limit $2
  for update skip locked
)
update shipping_labels as t
set content = null
from old
where t.tenant_id = old.tenant_id
  and t.shipping_label_id = old.shipping_label_id
