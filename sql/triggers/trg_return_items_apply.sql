-- Units asked back are units that left and are not asked back already (P0VAL). Units received are
-- counted on their lines and move the order; units looked at go to the shelf or are written off.
-- Orders first, then levels, then the rest.
create or replace function trg_return_items_apply()
returns trigger
language plpgsql
as $$
declare
  v_order record;
  v_item record;
begin
  for v_order in
    select distinct tenant_id, order_id from new_rows order by tenant_id, order_id
  loop
    perform lock_order(v_order.tenant_id, v_order.order_id);
    if exists (
      select
      from order_items as oi
      join return_items as ri using (tenant_id, order_id, order_item_id)
      join returns as r using (tenant_id, order_id, return_id)
      where oi.tenant_id = v_order.tenant_id
        and oi.order_id = v_order.order_id
        and r.status not in ('rejected', 'cancelled', 'expired', 'lost')
      group by oi.order_item_id, oi.quantity_shipped
      having sum(ri.quantity) > oi.quantity_shipped
    ) then
      perform refuse_field('quantity', 'out_of_range',
        'is more than left and is not asked back already');
    end if;
    if tg_op = 'UPDATE' then
      perform follow_returns(v_order.tenant_id, v_order.order_id);
      for v_item in
        select n.order_item_id, n.return_id, n.location_id,
          n.restocked_quantity - o.restocked_quantity as restocked,
          n.damaged_quantity - o.damaged_quantity as damaged
        from new_rows as n
        join old_rows as o using (tenant_id, return_item_id)
        join order_items as oi
          on oi.tenant_id = n.tenant_id and oi.order_item_id = n.order_item_id
        where n.tenant_id = v_order.tenant_id
          and n.order_id = v_order.order_id
          and n.restocked_quantity + n.damaged_quantity
            > o.restocked_quantity + o.damaged_quantity
        order by n.order_item_id
      loop
        if v_item.restocked > 0 then
          perform restock(v_order.tenant_id, v_item.order_item_id, v_item.location_id,
            v_item.restocked, 'restocked', v_item.return_id);
        end if;
        if v_item.damaged > 0 then
          perform restock(v_order.tenant_id, v_item.order_item_id, v_item.location_id,
            v_item.damaged, 'damaged', v_item.return_id);
        end if;
      end loop;
    end if;
  end loop;
  return null;
end
$$;

comment on function trg_return_items_apply() is
  'Units of returns: no more than left (P0VAL); lines, order and stock follow what came.';

create or replace trigger trg_return_items_insert
after insert on return_items
referencing new table as new_rows
for each statement execute function trg_return_items_apply();

create or replace trigger trg_return_items_update
after update on return_items
referencing old table as old_rows new table as new_rows
for each statement execute function trg_return_items_apply();
