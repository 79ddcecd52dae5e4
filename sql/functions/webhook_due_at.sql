-- When a lane of an endpoint has something to send next; null: nothing waits in it. Locks the
-- endpoint: in the transaction that completes the lane's job it is the last word (wake_webhooks).
create or replace function webhook_due_at(p_tenant uuid, p_endpoint_id bigint, p_lane smallint)
returns timestamptz
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_endpoint webhook_endpoints;
  v_due_at timestamptz;
begin
  select * into v_endpoint
  from webhook_endpoints
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
  for no key update;
  if v_endpoint.state is distinct from 'enabled' then
    return null;
  end if;
  if v_endpoint.ordering = 'fifo' then
    select next_attempt_at into v_due_at
    from webhook_deliveries
    where tenant_id = p_tenant
      and endpoint_id = p_endpoint_id
      and lane = p_lane
      and status = 'pending'
    order by delivery_id
    limit 1;
  else
    select next_attempt_at into v_due_at
    from webhook_deliveries
    where tenant_id = p_tenant
      and endpoint_id = p_endpoint_id
      and lane = p_lane
      and status = 'pending'
    order by next_attempt_at
    limit 1;
  end if;
  if v_due_at is null then
    return null;
  end if;
  return greatest(v_due_at, v_endpoint.paused_until, clock_now());
end
$$;

comment on function webhook_due_at(uuid, bigint, smallint) is
  'When a lane of an endpoint has something to send next; null: nothing waits.';
