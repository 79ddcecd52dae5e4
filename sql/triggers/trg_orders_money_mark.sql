-- Marks the transaction as one in which an order needs money to move, or a paid order goes on; see
-- trg_orders_money.
create or replace function trg_orders_money_mark()
returns trigger
language plpgsql
as $$
begin
  perform set_config('stevedore.money', 'on', true);
  return new;
end
$$;

comment on function trg_orders_money_mark() is
  'Marks a transaction in which an order needs money to move.';

create or replace trigger trg_orders_money_mark_insert
before insert on orders
for each row
when (new.order_status = 'pending'
  and (new.payment_method = 'wallet' or new.promo_code is not null or new.total_amount = 0))
execute function trg_orders_money_mark();

create or replace trigger trg_orders_money_mark_update
before update on orders
for each row
when (new.order_status <> old.order_status
  and (new.order_status in ('cancelled', 'expired', 'payment_failed')
      and (old.payment_status not in ('pending', 'failed') or old.promo_code is not null)
    or new.order_status = 'pending'
      and (new.payment_method = 'wallet' or new.promo_code is not null or new.total_amount = 0
        or new.payment_status = 'paid'
        or old.order_status = 'on_hold' and new.payment_method in ('cod', 'account'))))
execute function trg_orders_money_mark();
