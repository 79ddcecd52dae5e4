-- Rounds through locations, with how far they are.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_pick_lists
with (security_invoker = true) as
select
  b.tenant_id,
  b.pick_batch_id as pick_list_id,
  l.code as location,
  b.zone,
  b.status,
  b.picker,
  t.items,
  t.looked_for as items_looked_for,
  b.created_at,
  b.completed_at
from pick_batches as b
join locations as l using (tenant_id, location_id)
cross join lateral (
  select
    count(*) as items,
    count(n.picked_quantity) as looked_for
  from pick_list_items as n
  where n.tenant_id = b.tenant_id
    and n.pick_batch_id = b.pick_batch_id
) as t;

comment on view vw_pick_lists is 'Rounds through locations, with how far they are.';
comment on column vw_pick_lists.tenant_id is 'The shop.';
comment on column vw_pick_lists.pick_list_id is 'Its key.';
comment on column vw_pick_lists.location is 'Where.';
comment on column vw_pick_lists.zone is 'The part of the location; null: all of it.';
comment on column vw_pick_lists.status is 'open, picking, completed or cancelled.';
comment on column vw_pick_lists.picker is 'Who goes.';
comment on column vw_pick_lists.items is 'What it fetches.';
comment on column vw_pick_lists.items_looked_for is 'How much of that was looked for.';
comment on column vw_pick_lists.created_at is 'When it was made.';
comment on column vw_pick_lists.completed_at is 'When everything had been looked for.';
