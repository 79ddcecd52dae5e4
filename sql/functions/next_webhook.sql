-- What a lane of an endpoint is to send now, with what it needs for it; no row: nothing now.
-- Indexes: webhook_endpoints_pkey, webhook_deliveries_due_idx, webhook_deliveries_line_idx.
create or replace function next_webhook(p_tenant uuid, p_endpoint_id bigint, p_lane smallint)
returns table (
  delivery_id bigint,
  event_id bigint,
  body text,
  attempts integer,
  url text,
  secret text,
  previous_secret text,
  failures integer
)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_endpoint webhook_endpoints;
  v_delivery webhook_deliveries;
begin
  select * into v_endpoint
  from webhook_endpoints as w
  where w.tenant_id = p_tenant
    and w.endpoint_id = p_endpoint_id
    and w.state = 'enabled'
    and coalesce(w.paused_until, '-infinity') <= clock_now();
  if not found then
    return;
  end if;
  if v_endpoint.ordering = 'fifo' then
    select * into v_delivery
    from webhook_deliveries as d
    where d.tenant_id = p_tenant
      and d.endpoint_id = p_endpoint_id
      and d.lane = p_lane
      and d.status = 'pending'
    order by d.delivery_id
    limit 1;
  else
    select * into v_delivery
    from webhook_deliveries as d
    where d.tenant_id = p_tenant
      and d.endpoint_id = p_endpoint_id
      and d.lane = p_lane
      and d.status = 'pending'
    order by d.next_attempt_at
    limit 1;
  end if;
  if v_delivery.next_attempt_at <= clock_now() then
    return query select
      v_delivery.delivery_id, v_delivery.event_id, v_delivery.body, v_delivery.attempts,
      v_endpoint.url, v_endpoint.secret,
      case when v_endpoint.previous_secret_until > clock_now()
        then v_endpoint.previous_secret end,
      v_endpoint.failures;
  end if;
end
$$;

comment on function next_webhook(uuid, bigint, smallint) is
  'What a lane of an endpoint is to send now.';
