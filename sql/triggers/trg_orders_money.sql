-- What money has to do when orders change their state, whoever changes it: what was paid for an
-- order that is closed goes back. Fires after trg_orders_2_effects; costs one look at the changed
-- rows when nothing is closed.
create or replace function trg_orders_money()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  if not exists (select from new_rows where order_status in ('cancelled', 'expired')) then
    return null;
  end if;
  for v_group in
    select n.tenant_id, array_agg(n.order_id order by n.order_id) as order_ids
    from new_rows as n
    join old_rows as o using (tenant_id, order_id)
    where n.order_status <> o.order_status
      and n.order_status in ('cancelled', 'expired')
    group by n.tenant_id
    order by n.tenant_id
  loop
    perform refund_closed_orders(v_group.tenant_id, v_group.order_ids);
  end loop;
  return null;
end
$$;

comment on function trg_orders_money() is
  'Gives back what was paid when orders are cancelled or expire, whoever does it.';

create or replace trigger trg_orders_3_money
after update on orders
referencing old table as old_rows new table as new_rows
for each statement execute function trg_orders_money();
