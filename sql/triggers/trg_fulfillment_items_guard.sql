-- What a fulfilment delivers changes only until it begins, and never grows beyond its lines. Its
-- first items are written with it by create_fulfillments(): those are not looked at here, since
-- placing waits for them; the check of order_items' units is.
create or replace function trg_fulfillment_items_guard()
returns trigger
language plpgsql
as $$
begin
  if exists (
    select
    from old_rows as n
    join fulfillments as f using (tenant_id, fulfillment_id)
    where f.status <> 'pending' or f.lookup_first
  ) then
    raise exception 'what a fulfilment delivers does not change once it began'
      using errcode = '42501';
  end if;
  if exists (
    select
    from order_items as oi
    where (oi.tenant_id, oi.order_id, oi.order_item_id) in (
        select tenant_id, order_id, order_item_id from old_rows)
      and oi.quantity - oi.quantity_cancelled < (
        select sum(fi.quantity)
        from fulfillment_items as fi
        join fulfillments as f using (tenant_id, order_id, fulfillment_id)
        where fi.tenant_id = oi.tenant_id
          and fi.order_id = oi.order_id
          and fi.order_item_id = oi.order_item_id
          and f.status <> 'cancelled')
  ) then
    raise exception 'fulfilments deliver no more units than their line has'
      using errcode = '23514', constraint = 'fulfillment_items_units_check',
        table = 'fulfillment_items';
  end if;
  return null;
end
$$;

comment on function trg_fulfillment_items_guard() is
  'Keeps what begun fulfilments deliver (42501), and units within their lines (23514).';

create or replace trigger trg_fulfillment_items_guard_update
after update on fulfillment_items
referencing old table as old_rows
for each statement execute function trg_fulfillment_items_guard();

create or replace trigger trg_fulfillment_items_guard_delete
after delete on fulfillment_items
referencing old table as old_rows
for each statement execute function trg_fulfillment_items_guard();
