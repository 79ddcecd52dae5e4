-- A notice is given up. Its address is suppressed when the channel says that nobody is there or
-- that he wants nothing; the next channel takes over; when there is none, the order's errors say so
-- for a person to see. Locks: the notice, then its order (trg_order_errors_count).
create or replace function fail_notification(
  p_tenant uuid,
  p_notification_id bigint,
  p_error text,
  p_error_code text default null,
  p_suppress text default null
)
returns void
language plpgsql volatile
as $$
declare
  v_notice notification_queue;
begin
  update notification_queue
  set
    status = 'failed',
    last_error = p_error,
    error_code = p_error_code,
    sending_since = null,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and notification_id = p_notification_id
    and status in ('pending', 'sent')
  returning * into v_notice;
  if not found then
    return;
  end if;
  if p_suppress is not null and v_notice.channel in ('email', 'sms', 'whatsapp') then
    insert into notification_suppressions (
      tenant_id, channel, address, reason, error_code, notification_id)
    values (
      p_tenant, v_notice.channel, lower(v_notice.recipient), p_suppress, p_error_code,
      p_notification_id)
    -- What the channel says is more than that somebody unsubscribed.
    on conflict (tenant_id, channel, address) do update
    set reason = excluded.reason, error_code = excluded.error_code
    where notification_suppressions.reason = 'opted_out';
  end if;
  if failover_notifications(p_tenant, array[p_notification_id]) = '{}'
    and v_notice.order_id is not null
  then
    insert into order_errors (
      tenant_id, order_id, category, severity, stage, code, message, context)
    values (
      p_tenant, v_notice.order_id, 'api', 'low', 'notification', 'notification_failed', p_error,
      jsonb_build_object('notification_id', p_notification_id,
        'type', v_notice.notification_type, 'channel', v_notice.channel));
  end if;
end
$$;

comment on function fail_notification(uuid, bigint, text, text, text) is
  'Gives a notice up: suppresses its address if told so, and tells it on the next channel.';
