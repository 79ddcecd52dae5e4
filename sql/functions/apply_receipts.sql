-- What a channel said about a message happens to its notice: the furthest word counts, in whatever
-- order they came. Delivered is final; a failure after "sent" suppresses the address or not, and
-- the next channel takes over. The caller holds the message's lock (record_notification_status).
create or replace function apply_receipts(
  p_tenant uuid, p_notification_id bigint, p_provider text, p_message_id text
)
returns void
language plpgsql volatile
as $$
declare
  v_delivered timestamptz;
  v_failure record;
  v_verdict text;
begin
  select min(occurred_at) into v_delivered
  from notification_receipts
  where provider = p_provider
    and message_id = p_message_id
    and status in ('delivered', 'read');
  if v_delivered is not null then
    update notification_queue
    set status = 'delivered', delivered_at = v_delivered, updated_at = clock_now()
    where tenant_id = p_tenant
      and notification_id = p_notification_id
      and status = 'sent';
    return;
  end if;
  select status, error_code into v_failure
  from notification_receipts
  where provider = p_provider
    and message_id = p_message_id
    and status in ('failed', 'undelivered', 'canceled', 'bounced', 'complained')
  order by receipt_id
  limit 1;
  if not found then
    return;
  end if;
  v_verdict := case v_failure.status
    when 'complained' then 'suppress:complaint'
    else notification_verdict(p_provider, v_failure.error_code)
  end;
  perform fail_notification(
    p_tenant, p_notification_id,
    format('%s says %s (%s)', p_provider, v_failure.status,
      coalesce(v_failure.error_code, 'no code')),
    v_failure.error_code,
    nullif(split_part(v_verdict, ':', 2), ''));
  if v_verdict = 'alert' then
    perform alert_channel(p_tenant, p_provider, v_failure.error_code);
  end if;
end
$$;

comment on function apply_receipts(uuid, bigint, text, text) is
  'Moves a notice to where what its channel said of the message puts it.';
