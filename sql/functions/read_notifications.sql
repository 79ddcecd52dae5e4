-- A customer has read these notices, or (null) all; answers how many are unread now. Twice is once.
-- Null: no such customer.
create or replace function read_notifications(
  p_customer_code text,
  p_notification_ids bigint[] default null,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
as $$
declare
  v_customer_id bigint;
begin
  select customer_id into v_customer_id
  from customers
  where tenant_id = p_tenant
    and customer_code = p_customer_code;
  if not found then
    return null;
  end if;
  update customer_notifications
  set read_at = clock_now()
  where tenant_id = p_tenant
    and customer_id = v_customer_id
    and read_at is null
    and (p_notification_ids is null or customer_notification_id = any (p_notification_ids));
  return jsonb_build_object('unread_count', (
    select count(*)
    from customer_notifications
    where tenant_id = p_tenant
      and customer_id = v_customer_id
      and read_at is null));
end
$$;

comment on function read_notifications(text, bigint[], uuid) is
  'Marks notices of a customer as read; answers how many are unread.';
