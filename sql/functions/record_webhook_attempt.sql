-- What came of sending a delivery. p_outcome: delivered; failed, with p_retry_in (null: no attempt
-- is left) and p_pause, for which the endpoint is left alone; gone: the endpoint wants no more.
-- An endpoint that is gone, or fails for longer than p_disable_after, is disabled: its deliveries
-- are held, admins are told, and there is a ticket. Answers whether it was disabled.
-- Locks: the endpoint, the delivery, then its ticket.
create or replace function record_webhook_attempt(
  p_delivery_id bigint,
  p_outcome text,
  p_status smallint,
  p_response text,
  p_error text,
  p_duration_ms integer,
  p_retry_in interval,
  p_pause interval,
  p_disable_after interval,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_endpoint webhook_endpoints;
  v_host text;
  v_reason text;
begin
  select w.* into v_endpoint
  from webhook_deliveries as d
  join webhook_endpoints as w using (tenant_id, endpoint_id)
  where d.tenant_id = p_tenant
    and d.delivery_id = p_delivery_id
  for no key update of w;
  insert into webhook_attempts (
    tenant_id, delivery_id, duration_ms, status, response, error)
  values (
    p_tenant, p_delivery_id, p_duration_ms, p_status, left(p_response, 1000),
    left(p_error, 500));
  update webhook_deliveries
  set
    attempts = attempts + 1,
    last_status = p_status,
    status = case
      when p_outcome = 'delivered' then 'delivered'
      when p_outcome = 'gone' or p_retry_in is not null then status
      else 'failed'
    end,
    ended_at = case when p_outcome = 'delivered' or p_outcome = 'failed' and p_retry_in is null
      then v_now end,
    next_attempt_at = v_now + coalesce(p_retry_in, '0')
  where tenant_id = p_tenant
    and delivery_id = p_delivery_id
    and status in ('pending', 'held');
  if p_outcome = 'delivered' then
    if v_endpoint.failures > 0 then
      update webhook_endpoints
      set failures = 0, first_failure_at = null, paused_until = null
      where tenant_id = p_tenant
        and endpoint_id = v_endpoint.endpoint_id;
    end if;
    return false;
  end if;
  update webhook_endpoints
  set
    failures = failures + 1,
    first_failure_at = coalesce(first_failure_at, v_now),
    paused_until = v_now + p_pause
  where tenant_id = p_tenant
    and endpoint_id = v_endpoint.endpoint_id;
  if v_endpoint.state <> 'enabled'
    or p_outcome <> 'gone'
      and coalesce(v_endpoint.first_failure_at, v_now) > v_now - p_disable_after
  then
    return false;
  end if;
  v_reason := case when p_outcome = 'gone' then 'it answered 410 Gone'
    else format('every call since %s failed', to_char(
      v_endpoint.first_failure_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI" UTC"')) end;
  perform sp_change_webhook_endpoint(
    v_endpoint.endpoint_id, p_state => 'disabled', p_reason => v_reason, p_tenant => p_tenant);
  -- The path may hold a secret.
  v_host := split_part(split_part(v_endpoint.url, '://', 2), '/', 1);
  v_host := regexp_replace(v_host, '^.*@|[?#].*$', '', 'g');
  perform notify_admins(
    'system_health',
    jsonb_build_object(
      'summary', format('Webhooks to %s are disabled', v_host),
      'message', format('Endpoint %s: %s. Its events are kept until it is enabled again.',
        v_endpoint.endpoint_id, v_reason),
      'severity', 'high'),
    format('webhook_endpoint:%s:%s', v_endpoint.endpoint_id, v_now),
    p_tenant);
  perform open_ticket(
    'api', 'high', 'webhook_endpoint:' || v_endpoint.endpoint_id,
    format('Webhooks to %s are disabled: %s', v_host, v_reason),
    jsonb_build_object('endpoint_id', v_endpoint.endpoint_id, 'failures', v_endpoint.failures + 1),
    null, p_tenant);
  return true;
end
$$;

comment on function record_webhook_attempt(
  bigint, text, smallint, text, text, integer, interval, interval, interval, uuid) is
  'What came of sending a delivery; answers whether its endpoint was disabled for it.';
