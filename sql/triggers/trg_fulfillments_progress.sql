-- What follows when fulfilments change their state: units that are shipped or delivered leave the
-- stock and are counted on their lines, and the order moves forward with its fulfilments. Orders
-- first, then levels.
create or replace function trg_fulfillments_progress()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      n.order_id,
      array_agg(n.fulfillment_id order by n.fulfillment_id)
        filter (where n.status in ('shipped', 'delivered')) as gone_ids,
      bool_or(n.status in ('packed', 'shipped', 'delivered', 'returned') or o.status = 'packed')
        as is_counted
    from new_rows as n
    join old_rows as o using (tenant_id, fulfillment_id)
    where n.status <> o.status
    group by n.tenant_id, n.order_id
    order by n.tenant_id, n.order_id
  loop
    perform lock_order(v_group.tenant_id, v_group.order_id);
    if v_group.gone_ids is not null then
      perform consume_stock(v_group.tenant_id, v_group.gone_ids);
    end if;
    if v_group.is_counted then
      perform count_units(v_group.tenant_id, array[v_group.order_id]);
    end if;
    perform advance_order(v_group.tenant_id, v_group.order_id);
  end loop;
  return null;
end
$$;

comment on function trg_fulfillments_progress() is
  'Stock leaves and the order advances when fulfilments change their state.';

create or replace trigger trg_fulfillments_2_progress
after update on fulfillments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_fulfillments_progress();
