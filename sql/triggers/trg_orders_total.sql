-- At commit, the lines of a new order must add up to its subtotal, however it was written.
-- Deferred, since the lines come after the order.
create or replace function trg_orders_total()
returns trigger
language plpgsql
as $$
declare
  v_lines bigint;
begin
  if new.order_status = 'draft' then
    return null;
  end if;
  select coalesce(sum(total_price), 0) into v_lines
  from order_items
  where tenant_id = new.tenant_id
    and order_id = new.order_id;
  if v_lines <> new.subtotal then
    raise exception 'the lines of order % add up to %, its subtotal is %',
        new.order_number, v_lines, new.subtotal
      using errcode = '23514', constraint = 'orders_lines_total_check', table = 'orders';
  end if;
  return null;
end
$$;

comment on function trg_orders_total() is 'Refuses orders whose lines do not add up (23514).';

drop trigger if exists trg_orders_total on orders;
create constraint trigger trg_orders_total
after insert on orders
deferrable initially deferred
for each row execute function trg_orders_total();
