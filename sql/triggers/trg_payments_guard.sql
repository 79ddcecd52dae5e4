-- A payment is in its order's currency, and its amounts and state are what payment_events add up to
-- (sum_payments): nobody else writes them.
create or replace function trg_payments_guard()
returns trigger
language plpgsql
as $$
declare
  v_currency char(3);
begin
  if tg_op = 'INSERT' then
    select currency into v_currency
    from orders
    where tenant_id = new.tenant_id
      and order_id = new.order_id;
    if new.currency <> v_currency then
      raise exception 'a payment of an order in % can not be in %', v_currency, new.currency
        using errcode = '23514', constraint = 'payments_order_currency_check',
          table = 'payments';
    end if;
    if (new.authorized_amount, new.captured_amount, new.refunded_amount, new.status)
      is distinct from (null::bigint, 0::bigint, 0::bigint, 'pending')
    then
      raise exception 'a payment starts pending and empty; write what happened to payment_events'
        using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.payment_id, new.order_id, new.provider, new.currency, new.amount)
      is distinct from (old.tenant_id, old.payment_id, old.order_id, old.provider, old.currency,
        old.amount)
    or (new.authorized_amount, new.captured_amount, new.refunded_amount, new.status)
      is distinct from (old.authorized_amount, old.captured_amount, old.refunded_amount,
        old.status)
      and pg_trigger_depth() < 2
  then
    raise exception 'a payment is moved only through payment_events' using errcode = '42501';
  end if;
  return new;
end
$$;

comment on function trg_payments_guard() is
  'Refuses payments in another currency (23514) and writers other than payment_events (42501).';

create or replace trigger trg_payments_guard
before insert or update on payments
for each row execute function trg_payments_guard();

create or replace trigger trg_payments_delete
before delete or truncate on payments
for each statement execute function trg_refuse_change();
