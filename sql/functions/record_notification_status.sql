-- What a channel says about a message, at any time and any number of times. Before we know the
-- message it is kept, and happens when we do (sent_notification). Answers whether it is ours.
create or replace function record_notification_status(
  p_provider text,
  p_message_id text,
  p_status text,
  p_error_code text,
  p_occurred_at timestamptz
)
returns boolean
language plpgsql volatile
as $$
declare
  v_notice record;
begin
  -- The sender of a message and its receipt must not miss each other.
  perform pg_advisory_xact_lock(hashtextextended('notification:' || p_message_id, 0));
  select tenant_id, notification_id into v_notice
  from notification_queue
  where provider_message_id = p_message_id
    and (provider is null or provider = p_provider)
  limit 1;
  insert into notification_receipts (
    tenant_id, provider, message_id, status, error_code, occurred_at)
  values (
    coalesce(v_notice.tenant_id, current_tenant_id()), p_provider, p_message_id,
    lower(p_status), p_error_code, coalesce(p_occurred_at, clock_now()))
  on conflict (provider, message_id, status) do nothing;
  if v_notice.notification_id is not null then
    perform apply_receipts(
      v_notice.tenant_id, v_notice.notification_id, p_provider, p_message_id);
  end if;
  return v_notice.notification_id is not null;
end
$$;

comment on function record_notification_status(text, text, text, text, timestamptz) is
  'Keeps what a channel says about a message and moves its notice; answers whether it is ours.';
