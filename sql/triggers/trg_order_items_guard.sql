-- What the lines of an order may be. Lines are added to drafts and pending orders only, are priced
-- in the order's currency, and may not add up to more than its subtotal, which trg_orders_total
-- makes an exact match at commit. Drafts may be edited; the lines of a placed order change through
-- triggers alone (of fulfilments, returns and order_changes), and then only in their numbers.
-- One look at the orders per statement, whatever the number of its lines.
create or replace function trg_order_items_guard()
returns trigger
language plpgsql
as $$
declare
  v_status text;
  v_sku text;
begin
  if tg_op = 'INSERT' then
    select o.order_status, case when v.currency <> o.currency then n.sku end
    into v_status, v_sku
    from new_rows as n
    cross join lateral (
      -- The offset keeps this a look-up per line: the planner went through all orders.
      select order_status, currency
      from orders
      where tenant_id = n.tenant_id and order_id = n.order_id
      offset 0
    ) as o
    left join product_variants as v using (tenant_id, variant_id)
    where v.currency <> o.currency
      or o.order_status not in ('draft', 'pending') and pg_trigger_depth() < 2
    limit 1;
    if v_sku is not null then
      raise exception '% is not priced in the currency of its order', v_sku
        using errcode = '23514', constraint = 'order_items_currency_check',
          table = 'order_items';
    elsif v_status is not null then
      perform refuse_transition('order', v_status, 'pending',
        format('an order that is %s takes no further lines', v_status));
    end if;
    if exists (
      select
      from (select distinct tenant_id, order_id from new_rows) as n
      cross join lateral (
        -- As above.
        select o.subtotal, o.order_status
        from orders as o
        where o.tenant_id = n.tenant_id
          and o.order_id = n.order_id
        offset 0
      ) as placed
      where placed.order_status = 'pending'
        and placed.subtotal < (
        select sum(oi.total_price)
        from order_items as oi
        where oi.tenant_id = n.tenant_id
          and oi.order_id = n.order_id)
    ) and pg_trigger_depth() < 2 then
      raise exception 'the lines add up to more than the subtotal of their order'
        using errcode = '23514', constraint = 'orders_lines_total_check', table = 'orders';
    end if;
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
