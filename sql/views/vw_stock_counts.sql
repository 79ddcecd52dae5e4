-- Stock counts, with what is counted.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_stock_counts
with (security_invoker = true) as
select
  c.tenant_id,
  c.stock_count_id,
  l.code as location,
  c.status,
  c.counted_by,
  c.created_at,
  c.completed_at,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
        'sku', i.sku,
        'expected', n.expected,
        'counted', n.counted,
        'is_applied', n.is_applied)
      order by i.sku), '[]')
    from stock_count_lines as n
    join inventory_items as i using (tenant_id, inventory_item_id)
    where n.tenant_id = c.tenant_id
      and n.stock_count_id = c.stock_count_id
  ) as lines
from stock_counts as c
join locations as l using (tenant_id, location_id);

comment on view vw_stock_counts is 'Stock counts, with what is counted.';
comment on column vw_stock_counts.tenant_id is 'The shop.';
comment on column vw_stock_counts.stock_count_id is 'Its key.';
comment on column vw_stock_counts.location is 'Where is counted.';
comment on column vw_stock_counts.status is 'open, completed or cancelled.';
comment on column vw_stock_counts.counted_by is 'Who began it.';
comment on column vw_stock_counts.created_at is 'When.';
comment on column vw_stock_counts.completed_at is 'When all of it was in the books.';
comment on column vw_stock_counts.lines is 'What is counted: sku, expected, counted, is_applied.';
