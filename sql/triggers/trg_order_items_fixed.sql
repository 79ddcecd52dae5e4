-- What a line of a placed order is never changes, whoever asks: that it is there, which order and
-- variant it is of, and its price. Numbers of units do (trg_order_items_guard says when), so an
-- update fires this only where another column changed.
create or replace function trg_order_items_fixed()
returns trigger
language plpgsql
as $$
begin
  if exists (
    select
    from orders
    where tenant_id = old.tenant_id
      and order_id = old.order_id
      and order_status = 'draft'
  ) then
    if tg_op = 'DELETE' then
      return old;
    elsif (new.tenant_id, new.order_id, new.order_item_id)
      = (old.tenant_id, old.order_id, old.order_item_id)
    then
      return new;
    end if;
  end if;
  raise exception 'lines of a placed order stay, and so do their variants and prices'
    using errcode = '42501';
end
$$;

comment on function trg_order_items_fixed() is
  'Keeps the lines of placed orders and what they are of (42501).';

create or replace trigger trg_order_items_fixed
before update on order_items
for each row
when ((new.tenant_id, new.order_item_id, new.order_id, new.variant_id, new.line_number, new.sku,
    new.title, new.unit_price)
  is distinct from (old.tenant_id, old.order_item_id, old.order_id, old.variant_id,
    old.line_number, old.sku, old.title, old.unit_price))
execute function trg_order_items_fixed();

create or replace trigger trg_order_items_kept
before delete on order_items
for each row execute function trg_order_items_fixed();
