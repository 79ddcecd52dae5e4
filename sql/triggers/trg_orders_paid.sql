-- An order that waits for nothing else is confirmed: paid, when its lines are complete; paid or to
-- be paid later, when it is let go on after a hold. Fires after stock was reserved
-- (trg_orders_2_effects, trg_order_items_reserve), and only where trg_orders_money_mark says that
-- it may be needed.
create or replace function trg_orders_paid()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  if tg_table_name = 'order_items' then
    for v_group in
      select o.tenant_id, array_agg(distinct o.order_id order by o.order_id) as order_ids
      from new_rows as n
      join orders as o using (tenant_id, order_id)
      where o.payment_status = 'paid'
      group by o.tenant_id
      order by o.tenant_id
    loop
      perform confirm_complete_orders(v_group.tenant_id, v_group.order_ids);
    end loop;
    return null;
  end if;
  for v_group in
    select o.tenant_id, array_agg(o.order_id order by o.order_id) as order_ids
    from new_rows as n
    join old_rows as b using (tenant_id, order_id)
    -- As it is by now: a draft is paid from a wallet by a trigger before this one.
    join orders as o using (tenant_id, order_id)
    where n.order_status = 'pending'
      and (o.payment_status = 'paid' and b.order_status in ('draft', 'on_hold')
        or o.payment_method in ('cod', 'account') and b.order_status = 'on_hold')
    group by o.tenant_id
    order by o.tenant_id
  loop
    perform confirm_complete_orders(v_group.tenant_id, v_group.order_ids);
  end loop;
  return null;
end
$$;

comment on function trg_orders_paid() is 'Confirms orders that wait for nothing else.';

create or replace trigger trg_order_items_zz_paid
after insert on order_items
referencing new table as new_rows
for each statement
when (current_setting('stevedore.money', true) = 'on')
execute function trg_orders_paid();

create or replace trigger trg_orders_3_paid
after update on orders
referencing old table as old_rows new table as new_rows
for each statement
when (current_setting('stevedore.money', true) = 'on')
execute function trg_orders_paid();
