-- New lines of pending orders reserve their stock in the same transaction, all or nothing (P0INV).
-- One call per shop and statement, so that an order of many lines costs few statements and locks
-- its levels in the total order.
create or replace function trg_order_items_reserve()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select n.tenant_id, array_agg(n.order_id) as order_ids
    from (select distinct tenant_id, order_id from new_rows) as n
    -- A look-up, whatever the planner thinks of an index on pending orders.
    cross join lateral (
      select k.order_status
      from orders as k
      where k.tenant_id = n.tenant_id
        and k.order_id = n.order_id
      offset 0
    ) as o
    where o.order_status = 'pending'
    group by n.tenant_id
    order by n.tenant_id
  loop
    perform reserve_stock(v_group.tenant_id, v_group.order_ids);
  end loop;
  return null;
end
$$;

comment on function trg_order_items_reserve() is 'Reserves the stock of new lines; P0INV.';

create or replace trigger trg_order_items_reserve
after insert on order_items
referencing new table as new_rows
for each statement execute function trg_order_items_reserve();
