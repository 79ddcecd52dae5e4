-- Where orders meet money, whoever writes them:
--   placed                              what is to be paid from a wallet is paid; codes are used
--   cancelled, expired, payment_failed  what was paid goes back, codes may be used by others
--   waiting for payment again           codes are used again
--   let go on, though paid              confirmed
--
-- Hardly any change of an order is one of these, and all orders pay for what is asked of each
-- statement. So a row that needs money sets a mark for its transaction (trg_orders_money_mark),
-- in a condition that costs nothing to look at, and the triggers of statements fire with it only.
-- They come before trg_orders_2_effects: wallets are locked before stock.
create or replace function trg_orders_money()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      n.order_status in ('cancelled', 'expired', 'payment_failed') as is_closed,
      array_agg(n.order_id order by n.order_id) as order_ids,
      array_agg(n.order_id order by n.order_id)
        filter (where o.order_status = 'draft') as new_ids
    from new_rows as n
    join old_rows as o using (tenant_id, order_id)
    where n.order_status <> o.order_status
      and (n.order_status in ('cancelled', 'expired', 'payment_failed')
        or n.order_status = 'pending' and o.order_status in ('draft', 'payment_failed'))
    group by 1, 2
    order by 1, 2
  loop
    if v_group.is_closed then
      perform refund_closed_orders(v_group.tenant_id, v_group.order_ids);
      perform return_promos(v_group.tenant_id, v_group.order_ids);
    else
      perform pay_from_wallet(v_group.tenant_id, v_group.new_ids);
      perform redeem_promos(v_group.tenant_id, v_group.order_ids);
    end if;
  end loop;
  return null;
end
$$;

comment on function trg_orders_money() is
  'Takes and gives back money when orders change their state, whoever changes it.';

create or replace trigger trg_orders_1_money
after update on orders
referencing old table as old_rows new table as new_rows
for each statement
when (current_setting('stevedore.money', true) = 'on')
execute function trg_orders_money();
