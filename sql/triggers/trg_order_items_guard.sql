-- What the lines of an order may be. Lines are added to drafts and pending orders only, are priced
-- in the order's currency, and may not add up to more than its subtotal, which trg_orders_total
-- makes an exact match at commit. Drafts may be edited; the lines of a placed order change through
-- triggers alone (of fulfilments, returns and order_changes), and then only in their numbers.
-- One statement looks at all orders, whatever the number of their lines.
create or replace function trg_order_items_guard()
returns trigger
language plpgsql
as $$
declare
  v_status text;
  v_currency text;
  v_is_foreign boolean;
begin
  if tg_op = 'INSERT' then
    select o.order_status, o.currency, o.currency <> any (added.currencies)
    into v_status, v_currency, v_is_foreign
    from (
      select n.tenant_id, n.order_id, array_agg(v.currency) as currencies
      from new_rows as n
      left join product_variants as v using (tenant_id, variant_id)
      group by n.tenant_id, n.order_id
    ) as added
    cross join lateral (
      -- The offset keeps this a look-up per order: the planner went through all of them.
      select order_status, currency, subtotal
      from orders
      where tenant_id = added.tenant_id and order_id = added.order_id
      offset 0
    ) as o
    where o.currency <> any (added.currencies)
      or pg_trigger_depth() < 2 and (
        o.order_status not in ('draft', 'pending')
        or o.order_status = 'pending' and o.subtotal < (
          select sum(oi.total_price)
          from order_items as oi
          where oi.tenant_id = added.tenant_id
            and oi.order_id = added.order_id))
    limit 1;
    if not found then
      return null;
    elsif v_is_foreign then
      raise exception 'a line is not priced in %, the currency of its order', v_currency
        using errcode = '23514', constraint = 'order_items_currency_check',
          table = 'order_items';
    elsif v_status not in ('draft', 'pending') then
      perform refuse_transition('order', v_status, 'pending',
        format('an order that is %s takes no further lines', v_status));
    end if;
    raise exception 'the lines add up to more than the subtotal of their order'
      using errcode = '23514', constraint = 'orders_lines_total_check', table = 'orders';
  elsif exists (
    select
    from old_rows as n
    join orders as o using (tenant_id, order_id)
    where o.order_status <> 'draft'
  ) and pg_trigger_depth() < 2 then
    raise exception 'the lines of a placed order do not change' using errcode = '42501';
  end if;
  return null;
end
$$;

comment on function trg_order_items_guard() is
  'Refuses changes of the lines of placed orders (P0STT, 42501), and sums and currencies that do '
  'not fit (23514).';

drop trigger if exists trg_order_items_guard on order_items;

-- Before trg_order_items_reserve, by name.
create or replace trigger trg_order_items_guard_insert
after insert on order_items
referencing new table as new_rows
for each statement execute function trg_order_items_guard();

create or replace trigger trg_order_items_guard_update
after update on order_items
referencing old table as old_rows
for each statement execute function trg_order_items_guard();

create or replace trigger trg_order_items_truncate
before truncate on order_items
for each statement execute function trg_refuse_change();
