-- Notices that failed for good are told on the next channel that stands in for theirs (WhatsApp,
-- then SMS, then mail); answers which were. One that was told there before is not told again.
create or replace function failover_notifications(p_tenant uuid, p_notification_ids bigint[])
returns bigint[]
language plpgsql volatile
as $$
declare
  v_told bigint[];
begin
  with successors as materialized (
    select n, c.channel, c.recipient
    from notification_queue as n
    join orders as o using (tenant_id, order_id)
    left join customers as k on k.tenant_id = n.tenant_id and k.customer_id = n.customer_id
    left join notification_kinds as t using (notification_type)
    cross join lateral notice_channels(
      n.tenant_id,
      case n.channel when 'whatsapp' then '{sms}' when 'sms' then '{email}' end::text[],
      coalesce(o.customer_email, k.email),
      coalesce(o.customer_phone, k.phone),
      null,
      coalesce(t.is_essential, true)) as c
    where n.tenant_id = p_tenant
      and n.notification_id = any (p_notification_ids)
      and n.contact_id is null
      and c.skip_reason is null
  ),
  written as (
    insert into notification_queue (
      tenant_id, order_id, customer_id, notification_type, channel, recipient, locale, payload,
      event, dedupe_key)
    select
      (n).tenant_id, (n).order_id, (n).customer_id, (n).notification_type, channel, recipient,
      (n).locale, (n).payload, (n).event,
      concat_ws(':', (n).notification_type, (n).order_id, channel, nullif((n).event, ''))
    from successors
    order by (n).notification_id
    on conflict (tenant_id, dedupe_key) do nothing
  )
  select array_agg((n).notification_id) into v_told from successors;
  return coalesce(v_told, '{}');
end
$$;

comment on function failover_notifications(uuid, bigint[]) is
  'Tells notices that failed for good on the next channel; answers which could be.';
