-- Called by the previous release; this one reads vw_customer_notifications.
-- What a customer reads inside the shop, newest first: at most p_limit of what is older than
-- p_before, and how many are unread. Null: no such customer.
create or replace function list_notifications(
  p_customer_code text,
  p_only_unread boolean default false,
  p_before bigint default null,
  p_limit integer default 50,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
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
  return jsonb_build_object(
    'unread_count', (
      select count(*)
      from customer_notifications
      where tenant_id = p_tenant
        and customer_id = v_customer_id
        and read_at is null),
    'notifications', (
      select coalesce(jsonb_agg(to_jsonb(n) order by n.notification_id desc), '[]')
      from (
        select
          customer_notification_id as notification_id,
          notification_type as type,
          order_id,
          title,
          body,
          created_at,
          read_at
        from customer_notifications
        where tenant_id = p_tenant
          and customer_id = v_customer_id
          and customer_notification_id < coalesce(p_before, 9223372036854775807)
          and (read_at is null or not p_only_unread)
        order by customer_notification_id desc
        limit p_limit
      ) as n));
end
$$;

comment on function list_notifications(text, boolean, bigint, integer, uuid) is
  'What a customer reads inside the shop, newest first, and how many are unread.';
