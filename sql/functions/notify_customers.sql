-- Writes the notices of a kind for orders, each with what tells its event from others of the kind
-- and what its template shows beside the order: one row per event and channel, and an event told
-- before on a channel is not told there again. Somebody without an address gets a row that says so
-- instead of silence. The three arrays run in parallel.
create or replace function notify_customers(
  p_tenant uuid, p_type text, p_order_ids bigint[], p_events text[], p_details jsonb[]
)
returns void
language plpgsql volatile
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
declare
  v_kind notification_kinds;
  v_settings notification_settings;
  v_now constant timestamptz := clock_now();
begin
  select * into v_settings from notification_settings where tenant_id = p_tenant;
  if p_type = any (v_settings.muted_types) then
    return;
  end if;
  select * into v_kind from notification_kinds where notification_type = p_type;
  insert into notification_queue (
    tenant_id, order_id, customer_id, notification_type, channel, recipient, locale, payload,
    status, skip_reason, event, dedupe_key, not_before)
  select
    o.tenant_id,
    o.order_id,
    o.customer_id,
    p_type,
    c.channel,
    c.recipient,
    o.locale,
    s.summary || jsonb_build_object(
      'customer_name', o.customer_name,
      'reason', coalesce(o.cancel_reason, current_reason())) || e.details,
    case when r.skip_reason is null then 'pending' else 'skipped' end,
    r.skip_reason,
    e.event,
    concat_ws(':', p_type, o.order_id, c.channel, nullif(e.event, '')),
    case when v_kind.keeps_quiet_hours and c.channel <> 'in_app' then
      quiet_until(v_now,
        coalesce(p.time_zone, v_settings.time_zone, 'UTC'),
        coalesce(p.quiet_from, v_settings.quiet_from),
        coalesce(p.quiet_until, v_settings.quiet_until))
    end
  from unnest(p_order_ids, p_events, p_details) as e (order_id, event, details)
  join orders as o on o.tenant_id = p_tenant and o.order_id = e.order_id
  join order_summaries(p_tenant, p_order_ids) as s on s.order_id = o.order_id
  left join notification_preferences as p
    on p.tenant_id = p_tenant
    and p.customer_id = o.customer_id
  left join customers as k on k.tenant_id = p_tenant and k.customer_id = o.customer_id
  cross join lateral notice_channels(
    p_tenant,
    coalesce(p.channels, v_settings.channels, '{email}'),
    coalesce(o.customer_email, k.email),
    coalesce(o.customer_phone, k.phone),
    o.customer_id,
    coalesce(v_kind.is_essential, true)) as c
  cross join lateral (
    select case
      when p_type = any (p.muted_types) and not v_kind.is_essential then 'muted'
      else c.skip_reason
    end as skip_reason
  ) as r
  order by o.order_id
  on conflict (tenant_id, dedupe_key) do nothing;
end
$$;

comment on function notify_customers(uuid, text, bigint[], text[], jsonb[]) is
  'Writes the notices of a kind for orders, on the channels their customers want; each event is '
  'told once on a channel.';
