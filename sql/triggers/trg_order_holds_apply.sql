-- Holds move their orders, whoever writes them: a new one stops its order (P0STT if its state does
-- not allow that), and when the last is released the order goes on where it was.
create or replace function trg_order_holds_apply()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    perform lock_order(n.tenant_id, n.order_id)
    from (select distinct tenant_id, order_id from new_rows order by 1, 2) as n;
    update orders as o
    set order_status = 'on_hold'
    from (select distinct tenant_id, order_id from new_rows) as n
    where o.tenant_id = n.tenant_id
      and o.order_id = n.order_id
      and o.order_status <> 'on_hold';
    return null;
  end if;
  update orders as o
  set order_status = case when o.confirmed_at is null then 'pending' else 'confirmed' end
  from (
    select distinct n.tenant_id, n.order_id
    from new_rows as n
    join old_rows as b using (tenant_id, order_hold_id)
    where n.released_at is not null and b.released_at is null
  ) as n
  where o.tenant_id = n.tenant_id
    and o.order_id = n.order_id
    and o.order_status = 'on_hold'
    and not exists (
      select
      from order_holds as h
      where h.tenant_id = n.tenant_id
        and h.order_id = n.order_id
        and h.released_at is null);
  return null;
end
$$;

comment on function trg_order_holds_apply() is
  'A new hold stops its order; the release of the last lets it go on.';

create or replace trigger trg_order_holds_insert
after insert on order_holds
referencing new table as new_rows
for each statement execute function trg_order_holds_apply();

create or replace trigger trg_order_holds_update
after update on order_holds
referencing old table as old_rows new table as new_rows
for each statement execute function trg_order_holds_apply();

create or replace trigger trg_order_holds_delete
before delete or truncate on order_holds
for each statement execute function trg_refuse_change();
