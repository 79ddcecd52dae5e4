-- $1 item, $2 units found, $3 reason or null, $4 actor, $5 tenant. Locks: the order, the round.
with confirmed as materialized (
  select sp_confirm_pick($1, $2, $3, $4, $5) as status
)
select n.pick_batch_id as "pick_list_id!"
from confirmed
join pick_list_items as n on n.tenant_id = $5 and n.pick_list_item_id = $1
