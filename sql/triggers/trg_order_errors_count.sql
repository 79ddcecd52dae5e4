-- orders.error_count is the number of unresolved errors.
create or replace function trg_order_errors_count()
returns trigger
language plpgsql
as $$
declare
  v_order record;
begin
  for v_order in
    select
      c.tenant_id,
      c.order_id,
      (select count(*)
        from order_errors as e
        where e.tenant_id = c.tenant_id
          and e.order_id = c.order_id
          and not e.is_resolved) as errors
    from (select distinct tenant_id, order_id from changed_rows) as c
    order by c.tenant_id, c.order_id
  loop
    update orders
    set error_count = v_order.errors
    where tenant_id = v_order.tenant_id
      and order_id = v_order.order_id
      and error_count <> v_order.errors;
  end loop;
  return null;
end
$$;

comment on function trg_order_errors_count() is 'Keeps orders.error_count.';

create or replace trigger trg_order_errors_count_insert
after insert on order_errors
referencing new table as changed_rows
for each statement execute function trg_order_errors_count();

create or replace trigger trg_order_errors_count_update
after update on order_errors
referencing new table as changed_rows
for each statement execute function trg_order_errors_count();

create or replace trigger trg_order_errors_count_delete
after delete on order_errors
referencing old table as changed_rows
for each statement execute function trg_order_errors_count();
