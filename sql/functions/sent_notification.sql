-- The channel took a notice. False when it was given to it before, by an attempt thought dead.
create or replace function sent_notification(
  p_tenant uuid, p_notification_id bigint, p_provider text, p_message_id text
)
returns boolean
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('notification:' || p_message_id, 0));
  update notification_queue
  set
    status = 'sent',
    attempts = attempts + 1,
    provider = p_provider,
    provider_message_id = p_message_id,
    sending_since = null,
    last_error = null,
    error_code = null,
    sent_at = clock_now(),
    updated_at = clock_now()
  where tenant_id = p_tenant
    and notification_id = p_notification_id
    and status in ('pending', 'failed');
  if not found then
    return false;
  end if;
  perform apply_receipts(p_tenant, p_notification_id, p_provider, p_message_id);
  return true;
end
$$;

comment on function sent_notification(uuid, bigint, text, text) is
  'Records that a channel took a notice, and what it has said of it already.';
