-- What to order again, if goods come two weeks after they are ordered and shall last a month.
create or replace view vw_reorder_suggestions
with (security_invoker = true) as
select t.tenant_id, s.*
from (select distinct tenant_id from inventory_items) as t
cross join lateral suggest_reorders(14, 30, 1.645, t.tenant_id) as s;

comment on view vw_reorder_suggestions is
  'Which stock items to order again and how much: suggest_reorders() with its defaults.';
comment on column vw_reorder_suggestions.tenant_id is 'The shop.';
comment on column vw_reorder_suggestions.inventory_item_id is 'Key of the stock item.';
comment on column vw_reorder_suggestions.sku is 'SKU of the stock item.';
comment on column vw_reorder_suggestions.available is 'Units that are not promised, everywhere.';
comment on column vw_reorder_suggestions.incoming is 'Units on their way.';
comment on column vw_reorder_suggestions.mean_per_day is 'Units asked a day.';
comment on column vw_reorder_suggestions.deviation_per_day is 'Standard deviation of a day.';
comment on column vw_reorder_suggestions.days_of_cover is
  'Days that the available units last; null: nobody asks for it.';
comment on column vw_reorder_suggestions.reorder_point is
  'Asked until new goods come, with the reserve: at or below it the item is due.';
comment on column vw_reorder_suggestions.is_due is 'Whether it is time to order.';
comment on column vw_reorder_suggestions.suggested_units is
  'How many to order; 0 if it is not due.';
