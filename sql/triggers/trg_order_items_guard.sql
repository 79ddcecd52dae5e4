-- The lines of a placed order do not change: what was promised and priced stays what it was.
-- Drafts may be edited. Lines are added to drafts and pending orders only.
create or replace function trg_order_items_guard()
returns trigger
language plpgsql
as $$
declare
  v_status text;
begin
  select order_status into v_status
  from orders
  where tenant_id = coalesce(new.tenant_id, old.tenant_id)
    and order_id = coalesce(new.order_id, old.order_id);
  if v_status = 'draft' or tg_op = 'INSERT' and v_status = 'pending' then
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' then
    perform refuse_transition('order', v_status, 'pending',
      format('an order that is %s takes no further lines', v_status));
  end if;
  raise exception 'the lines of a placed order do not change' using errcode = '42501';
end
$$;

comment on function trg_order_items_guard() is
  'Refuses changes of the lines of placed orders (P0STT, 42501).';

create or replace trigger trg_order_items_guard
before insert or update or delete on order_items
for each row execute function trg_order_items_guard();

create or replace trigger trg_order_items_truncate
before truncate on order_items
for each statement execute function trg_refuse_change();
