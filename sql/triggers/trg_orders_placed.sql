-- Orders that are placed are paid from wallets, where they are to be, and use their promotion
-- codes, before their lines reserve any stock.
create or replace function trg_orders_placed()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select tenant_id, array_agg(order_id order by order_id) as order_ids
    from new_rows
    where order_status = 'pending'
    group by tenant_id
    order by tenant_id
  loop
    perform pay_from_wallet(v_group.tenant_id, v_group.order_ids);
    perform redeem_promos(v_group.tenant_id, v_group.order_ids);
  end loop;
  return null;
end
$$;

comment on function trg_orders_placed() is
  'Takes the money of orders that are paid by wallet, and uses their promotion codes.';

create or replace trigger trg_orders_1_placed
after insert on orders
referencing new table as new_rows
for each statement
when (current_setting('stevedore.money', true) = 'on')
execute function trg_orders_placed();
