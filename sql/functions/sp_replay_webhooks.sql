-- Sends deliveries of an endpoint again: one by its id, or those made from p_from to p_until with
-- one of p_statuses. With the same webhook-id, so that an app that knows it can tell. At most
-- 10,000 a call, the oldest first; answers how many. P0NOF, P0STT while it is disabled.
-- Locks: the endpoint, then its deliveries.
create or replace function sp_replay_webhooks(
  p_endpoint_id bigint,
  p_delivery_id bigint default null,
  p_from timestamptz default null,
  p_until timestamptz default null,
  p_statuses text[] default '{failed,held}',
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_state text;
  v_lanes smallint[];
begin
  select state into v_state
  from webhook_endpoints
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
    and state <> 'deleted'
  for no key update;
  if not found or p_delivery_id is not null and not exists (
    select
    from webhook_deliveries
    where tenant_id = p_tenant
      and endpoint_id = p_endpoint_id
      and delivery_id = p_delivery_id)
  then
    raise exception 'there is no such endpoint or delivery' using errcode = 'P0NOF';
  end if;
  if v_state <> 'enabled' then
    perform refuse_transition('webhook', v_state, 'pending', 'the endpoint is disabled');
  end if;
  with chosen as (
    select delivery_id
    from webhook_deliveries
    where tenant_id = p_tenant
      and endpoint_id = p_endpoint_id
      and (p_delivery_id is null or delivery_id = p_delivery_id)
      and (p_from is null or created_at >= p_from)
      and (p_until is null or created_at < p_until)
      and (p_delivery_id is not null or status = any (p_statuses))
      and status <> 'pending'
    order by delivery_id
    limit 10000
  ),
  again as (
    update webhook_deliveries as d
    set status = 'pending', attempts = 0, next_attempt_at = clock_now(), ended_at = null
    from chosen
    where d.tenant_id = p_tenant
      and d.delivery_id = chosen.delivery_id
    returning d.lane
  )
  select array_agg(lane) into v_lanes
  from again;
  perform wake_webhooks(
    p_tenant, array_fill(p_endpoint_id, array[coalesce(cardinality(v_lanes), 0)]), v_lanes);
  return coalesce(cardinality(v_lanes), 0);
end
$$;

comment on function sp_replay_webhooks(
  bigint, bigint, timestamptz, timestamptz, text[], uuid) is
  'Sends deliveries of an endpoint again; answers how many. P0NOF, P0STT.';
