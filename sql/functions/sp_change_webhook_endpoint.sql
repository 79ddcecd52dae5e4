-- Changes what is not null: p_state is enabled, disabled or deleted. Enabling sends what was held;
-- disabling and deleting hold it back; what waits moves to the lanes that there are then.
-- Null for p_kinds means no change, an empty array all kinds. P0NOF. Locks: the endpoint.
create or replace function sp_change_webhook_endpoint(
  p_endpoint_id bigint,
  p_url text default null,
  p_description text default null,
  p_kinds text[] default null,
  p_ordering text default null,
  p_lanes smallint default null,
  p_state text default null,
  p_reason text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
as $$
declare
  v_old webhook_endpoints;
  v_new webhook_endpoints;
begin
  select * into v_old
  from webhook_endpoints
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
    and state <> 'deleted'
  for no key update;
  if not found then
    raise exception 'there is no endpoint %', p_endpoint_id using errcode = 'P0NOF';
  end if;
  update webhook_endpoints
  set
    url = coalesce(p_url, url),
    description = coalesce(p_description, description),
    kinds = case when p_kinds is null then kinds else nullif(p_kinds, '{}') end,
    ordering = coalesce(p_ordering, ordering),
    lanes = coalesce(p_lanes, lanes),
    state = coalesce(p_state, state),
    disabled_at = case when coalesce(p_state, state) <> 'enabled'
      then coalesce(disabled_at, clock_now()) end,
    disabled_reason = case when coalesce(p_state, state) <> 'enabled'
      then coalesce(disabled_reason, p_reason, 'by hand') end,
    -- Whoever changes the address or enables it means that it works now.
    failures = case when coalesce(p_url, p_state) is null then failures else 0 end,
    first_failure_at = case when coalesce(p_url, p_state) is null then first_failure_at end,
    paused_until = case when coalesce(p_url, p_state) is null then paused_until end,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
  returning * into v_new;
  update webhook_deliveries
  set
    status = case v_new.state when 'enabled' then 'pending' else 'held' end,
    lane = mod(coalesce(order_id, event_id), v_new.lanes),
    next_attempt_at = case when status = 'held' then clock_now() else next_attempt_at end
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
    and status in ('pending', 'held')
    and (v_new.lanes <> v_old.lanes or v_new.state <> v_old.state);
  if v_new.state = 'enabled' then
    perform wake_webhooks(
      p_tenant,
      array_agg(p_endpoint_id),
      array_agg(lane::smallint))
    from generate_series(0, v_new.lanes - 1) as lane;
  end if;
  if v_new.state <> 'disabled' and v_old.state = 'disabled' then
    perform resolve_ticket(
      'webhook_endpoint:' || p_endpoint_id, current_actor(), 'the endpoint is ' || v_new.state,
      p_tenant);
  end if;
end
$$;

comment on function sp_change_webhook_endpoint(
  bigint, text, text, text[], text, smallint, text, text, uuid) is
  'Changes an endpoint; what is null stays as it is. P0NOF.';
