-- Tells the people of the shop, each on his channel, once per event. Who wants a digest gets a row
-- that waits for it (skipped, digest), but for the health of the fleet. Low stock goes to the
-- address of stock_settings while no contact wants it, and without either a row says so.
create or replace function notify_admins(
  p_kind text,
  p_payload jsonb,
  p_event_key text,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
begin
  insert into notification_queue (
    tenant_id, order_id, contact_id, notification_type, channel, recipient, locale, payload,
    status, skip_reason, event, dedupe_key)
  select
    p_tenant, (p_payload->>'order_id')::bigint, c.contact_id, p_kind, c.channel, c.address,
    c.locale, p_payload, 'pending', null, p_event_key,
    concat_ws(':', p_kind, p_event_key, c.channel, c.contact_id)
  from admin_contacts as c
  where c.tenant_id = p_tenant
    and c.is_active
    and (c.notification_types is null or p_kind = any (c.notification_types))
    and (c.delivery = 'immediate' or p_kind in ('system_health', 'digest'))
  union all
  select
    p_tenant, (p_payload->>'order_id')::bigint, c.contact_id, p_kind, c.channel, c.address,
    c.locale, p_payload, 'skipped', 'digest', p_event_key,
    concat_ws(':', p_kind, p_event_key, c.channel, c.contact_id)
  from admin_contacts as c
  where c.tenant_id = p_tenant
    and c.is_active
    and (c.notification_types is null or p_kind = any (c.notification_types))
    and c.delivery = 'digest'
    and p_kind not in ('system_health', 'digest')
  on conflict (tenant_id, dedupe_key) do nothing;
  if p_kind = 'low_stock' and not exists (
    select
    from admin_contacts as c
    where c.tenant_id = p_tenant
      and c.is_active
      and (c.notification_types is null or p_kind = any (c.notification_types))
  ) then
    insert into notification_queue (
      tenant_id, notification_type, channel, recipient, payload, status, skip_reason, event,
      dedupe_key)
    select
      p_tenant, p_kind, 'email', s.alert_email, p_payload,
      case when s.alert_email is null then 'skipped' else 'pending' end,
      case when s.alert_email is null then 'no_address' end,
      p_event_key, p_kind || ':' || p_event_key
    from (values (p_tenant)) as t (tenant_id)
    left join stock_settings as s using (tenant_id)
    on conflict (tenant_id, dedupe_key) do nothing;
  end if;
end
$$;

comment on function notify_admins(text, jsonb, text, uuid) is
  'Tells the people of the shop, each on his channel, once per event.';
