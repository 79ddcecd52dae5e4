-- Customers hear that they have money back.
create or replace function trg_refunds_notify()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      array_agg(n.order_id order by n.order_id, n.refund_id) as order_ids,
      array_agg('refund:' || n.refund_id order by n.order_id, n.refund_id) as events,
      array_agg(jsonb_build_object('amount', n.amount, 'reason', null)
        order by n.order_id, n.refund_id) as details
    from new_rows as n
    where n.status = 'succeeded'
    group by n.tenant_id
    order by n.tenant_id
  loop
    -- An event is told once, so it does not matter that a row may be changed again.
    perform notify_customers(v_group.tenant_id, 'order_refunded', v_group.order_ids,
      v_group.events, v_group.details);
  end loop;
  return null;
end
$$;

comment on function trg_refunds_notify() is 'Tells customers that they have money back.';

create or replace trigger trg_refunds_notify_insert
after insert on refunds
referencing new table as new_rows
for each statement execute function trg_refunds_notify();

create or replace trigger trg_refunds_notify_update
after update on refunds
referencing new table as new_rows
for each statement execute function trg_refunds_notify();
