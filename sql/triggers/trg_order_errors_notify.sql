-- The people of the shop hear of errors that need one of them.
create or replace function trg_order_errors_notify()
returns trigger
language plpgsql
as $$
begin
  if not exists (select from new_rows where severity in ('high', 'critical')) then
    return null;
  end if;
  perform notify_admins(
    'order_failure',
    jsonb_build_object(
      'order_id', n.order_id,
      'order_number', o.order_number,
      'summary', format('Order %s: %s', o.order_number, n.code),
      'message', n.message,
      'severity', n.severity,
      'category', n.category),
    'order_error:' || n.order_error_id,
    n.tenant_id)
  from new_rows as n
  join orders as o using (tenant_id, order_id)
  where n.severity in ('high', 'critical');
  return null;
end
$$;

comment on function trg_order_errors_notify() is 'Tells admins of errors that need a person.';

create or replace trigger trg_order_errors_notify
after insert on order_errors
referencing new table as new_rows
for each statement execute function trg_order_errors_notify();
