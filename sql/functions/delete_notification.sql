-- A customer throws one of his notices away; answers how many are unread. Twice is once. Null: no
-- such customer.
create or replace function delete_notification(
  p_customer_code text, p_notification_id bigint, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
as $$
begin
  delete from customer_notifications as n
  using customers as c
  where c.tenant_id = p_tenant
    and c.customer_code = p_customer_code
    and n.tenant_id = c.tenant_id
    and n.customer_id = c.customer_id
    and n.customer_notification_id = p_notification_id;
  -- Nothing more is read: only counts.
  return read_notifications(p_customer_code, '{}', p_tenant);
end
$$;

comment on function delete_notification(text, bigint, uuid) is
  'Deletes a notice of a customer; answers how many are unread.';
