-- What was put away, a row for each row. Ask for one order (index: archived_orders_pkey).
create or replace view vw_archived_details
with (security_invoker = true) as
select
  a.tenant_id,
  a.order_id,
  a.archived_at,
  t.origin as table_name,
  r.place as row_number,
  r.content
from archived_orders as a
cross join lateral jsonb_each(a.document) as t (origin, contents)
cross join lateral jsonb_array_elements(t.contents) with ordinality as r (content, place);

comment on view vw_archived_details is
  'What was put away of orders, a row for each row. Ask for one order.';
comment on column vw_archived_details.tenant_id is 'The shop.';
comment on column vw_archived_details.order_id is 'The order.';
comment on column vw_archived_details.archived_at is 'When it was put away.';
comment on column vw_archived_details.table_name is 'The table that it came from.';
comment on column vw_archived_details.row_number is 'Its place among those, in order of writing.';
comment on column vw_archived_details.content is 'The row: its columns but the shop and the order.';
