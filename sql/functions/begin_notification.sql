-- An attempt to send a notice begins: marks it as under way and answers it with all that a worker
-- needs, or nothing when it is not (any more) to be sent. Before a first word leaves, the world is
-- looked at again: an address that was suppressed since, or an event that another one has
-- overtaken, makes it skipped. An attempt that began and never ended may have been sent.
create or replace function begin_notification(p_tenant uuid, p_notification_id bigint)
returns table (
  order_id bigint,
  notification_type text,
  channel text,
  recipient text,
  locale text,
  payload jsonb,
  created_at timestamptz,
  -- Since when an earlier attempt has had no end.
  unknown_since timestamptz,
  unsubscribe_token uuid,
  order_url text
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_notice notification_queue;
  v_is_essential boolean;
  v_skip_reason text;
begin
  select * into v_notice
  from notification_queue as n
  where n.tenant_id = p_tenant
    and n.notification_id = p_notification_id
    and n.status = 'pending'
  for no key update;
  if not found then
    return;
  end if;
  select k.is_essential into v_is_essential
  from notification_kinds as k
  where k.notification_type = v_notice.notification_type;
  v_is_essential := coalesce(v_is_essential, true);

  if v_notice.sending_since is null then
    v_skip_reason := case
      when exists (
        select
        from notification_suppressions as s
        where s.tenant_id = p_tenant
          and s.channel = v_notice.channel
          and s.address = lower(v_notice.recipient)
          and (s.reason <> 'opted_out' or not v_is_essential)
      ) then 'suppressed'
      when exists (
        select
        from orders as o
        where o.tenant_id = p_tenant
          and o.order_id = v_notice.order_id
          and case v_notice.notification_type
            when 'order_processing' then o.order_status not in (
              'processing', 'picking', 'packed', 'on_hold')
            when 'order_out_for_delivery' then o.order_status in (
              'delivered', 'completed', 'partially_returned', 'returned')
            when 'payment_failed' then o.payment_status in (
              'authorized', 'paid', 'partially_refunded', 'refunded')
            else false
          end
      ) then 'superseded'
    end;
  end if;
  -- A ticket's end is told, too, if anybody may have been told of it: then it is late for this one.
  if v_notice.notification_type = 'ticket' and exists (
    select
    from tickets as t
    where t.tenant_id = p_tenant
      and t.ticket_id = (v_notice.payload->>'ticket_id')::bigint
      and t.state = 'resolved'
      and v_notice.payload->>'is_over' = 'false'
  ) then
    v_skip_reason := 'superseded';
  end if;
  update notification_queue as n
  set
    status = case when v_skip_reason is null then n.status else 'skipped' end,
    skip_reason = v_skip_reason,
    -- Of the oldest one: that is since when a channel is asked for what it may have taken.
    sending_since = case
      when v_skip_reason is null then coalesce(n.sending_since, clock_now())
    end,
    unknown_attempts = n.unknown_attempts + (n.sending_since is not null)::integer,
    unsubscribe_token = case
      when n.unsubscribe_token is null and n.channel = 'email' and not v_is_essential
        then gen_random_uuid()
      else n.unsubscribe_token
    end,
    updated_at = clock_now()
  where n.tenant_id = p_tenant
    and n.notification_id = p_notification_id
  returning n.unsubscribe_token into v_notice.unsubscribe_token;
  if v_skip_reason is not null then
    if v_skip_reason = 'suppressed' then
      perform failover_notifications(p_tenant, array[p_notification_id]);
    end if;
    return;
  end if;
  return query
    select
      v_notice.order_id, v_notice.notification_type, v_notice.channel, v_notice.recipient,
      v_notice.locale, v_notice.payload, v_notice.created_at, v_notice.sending_since,
      v_notice.unsubscribe_token,
      (
        select replace(s.order_url, '{order_number}',
          coalesce(v_notice.payload->>'order_number', ''))
        from notification_settings as s
        where s.tenant_id = p_tenant
          and v_notice.payload ? 'order_id');
end
$$;

comment on function begin_notification(uuid, bigint) is
  'Begins an attempt to send a notice and answers it, or nothing when it is not to be sent.';
