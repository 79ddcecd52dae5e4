-- Customers hear whether goods may come back, and that they did.
create or replace function trg_returns_notify()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      'return_' || n.status as kind,
      array_agg(n.order_id order by n.order_id, n.return_id) as order_ids,
      array_agg('return:' || n.return_id order by n.order_id, n.return_id) as events,
      array_agg(jsonb_build_object('rma_number', n.rma_number)
        order by n.order_id, n.return_id) as details
    from new_rows as n
    join old_rows as o using (tenant_id, return_id)
    where n.status <> o.status
      and n.status in ('approved', 'rejected', 'received')
    group by n.tenant_id, n.status
    order by n.tenant_id, n.status
  loop
    perform notify_customers(
      v_group.tenant_id, v_group.kind, v_group.order_ids, v_group.events, v_group.details);
  end loop;
  return null;
end
$$;

comment on function trg_returns_notify() is 'Tells customers what becomes of their returns.';

create or replace trigger trg_returns_notify
after update on returns
referencing old table as old_rows new table as new_rows
for each statement execute function trg_returns_notify();
