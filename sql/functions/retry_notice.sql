-- A notice that failed is sent once more, by a job of its own; one that did not fail stays as it
-- is. Answers its status, or null when there is none.
create or replace function retry_notice(
  p_notification_id bigint, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
as $$
declare
  v_status text;
begin
  select status into v_status
  from notification_queue
  where tenant_id = p_tenant
    and notification_id = p_notification_id
  for no key update;
  if not found then
    return null;
  end if;
  if v_status <> 'failed' then
    return jsonb_build_object('notice_id', p_notification_id, 'status', v_status);
  end if;
  update notification_queue
  set status = 'pending', last_error = null, error_code = null, updated_at = clock_now()
  where tenant_id = p_tenant
    and notification_id = p_notification_id;
  perform from queue.enqueue_many(jsonb_build_array(jsonb_build_object(
    'kind', 'send_notification',
    'queue', 'notifications',
    'unique_key', 'send_notification:' || p_notification_id,
    'args', jsonb_build_object(
      'tenant_id', p_tenant, 'notification_id', p_notification_id))));
  return jsonb_build_object('notice_id', p_notification_id, 'status', 'pending');
end
$$;

comment on function retry_notice(bigint, uuid) is
  'Sends a notice that failed once more; answers its status.';
