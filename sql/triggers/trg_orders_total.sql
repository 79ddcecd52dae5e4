-- At commit, the lines of an order that was placed or edited must add up to its subtotal, whoever
-- wrote it. Deferred, since the lines come after the order. Each change of the sum is looked at.
create or replace function trg_orders_total()
returns trigger
language plpgsql
as $$
declare
  v_subtotal bigint := new.subtotal;
  v_lines bigint;
begin
  select coalesce(sum(oi.total_price), 0) into v_lines
  from order_items as oi
  where oi.tenant_id = new.tenant_id
    and oi.order_id = new.order_id;
  if v_lines <> v_subtotal then
    -- Written again since: then what it is by now counts.
    select o.subtotal into v_subtotal
    from orders as o
    where o.tenant_id = new.tenant_id
      and o.order_id = new.order_id;
  end if;
  if v_lines <> v_subtotal then
    raise exception 'the lines of order % add up to %, its subtotal is %',
        new.order_number, v_lines, v_subtotal
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
for each row
when (new.order_status <> 'draft')
execute function trg_orders_total();

-- A draft is summed up when it is placed, an order when its sum changes.
drop trigger if exists trg_orders_total_update on orders;
create constraint trigger trg_orders_total_update
after update on orders
deferrable initially deferred
for each row
when (new.order_status <> 'draft'
  and (old.order_status = 'draft' or new.subtotal <> old.subtotal))
execute function trg_orders_total();
