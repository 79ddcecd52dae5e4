-- The channel did not take a notice, or nobody knows. Answers retry (another attempt is worth it)
-- or failed (it is given up, whatever stands in for it is written).
--
-- p_is_unknown: the message may have been taken. p_is_permanent: what the caller thinks of a code
-- that notification_verdict() does not know.
create or replace function miss_notification(
  p_tenant uuid,
  p_notification_id bigint,
  p_provider text,
  p_error_code text,
  p_error text,
  p_is_unknown boolean,
  p_is_permanent boolean,
  p_is_last_attempt boolean
)
returns text
language plpgsql volatile
as $$
declare
  v_verdict text := coalesce(
    notification_verdict(p_provider, p_error_code),
    case when p_is_permanent then 'fail' else 'retry' end);
  v_is_over boolean := p_is_last_attempt or v_verdict not in ('retry', 'alert');
begin
  update notification_queue
  set
    attempts = attempts + 1,
    last_error = p_error,
    error_code = p_error_code,
    sending_since = case when p_is_unknown then sending_since end,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and notification_id = p_notification_id
    and status = 'pending';
  if v_verdict = 'alert' then
    perform alert_channel(p_tenant, p_provider, p_error_code);
  end if;
  if v_is_over then
    perform fail_notification(p_tenant, p_notification_id, p_error, p_error_code,
      nullif(split_part(v_verdict, ':', 2), ''));
  end if;
  return case when v_is_over then 'failed' else 'retry' end;
end
$$;

comment on function miss_notification(
  uuid, bigint, text, text, text, boolean, boolean, boolean) is
  'Records that a channel did not take a notice; answers retry or failed.';
