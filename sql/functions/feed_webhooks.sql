-- Reads the next events of all shops and makes a delivery for each endpoint that wants them; what
-- is for a disabled one is held. Answers how many events were read; 0: nobody wants any, or there
-- is none now. Locks: webhook_feed, then the endpoints of each shop by id.
create or replace function feed_webhooks(p_limit integer default 500)
returns integer
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
as $$
declare
  v_position text;
  v_event record;
  v_made record;
  v_lane record;
  v_read integer := 0;
  v_locked uuid[] := '{}';
  v_lanes jsonb := '[]';
begin
  select event_position into v_position
  from webhook_feed
  where is_only
  for update;
  if not found then
    return 0;
  end if;
  for v_event in
    select *
    from all_events_after(v_position, p_limit)
  loop
    v_read := v_read + 1;
    v_position := v_event.event_position;
    if not v_event.tenant_id = any (v_locked) then
      perform
      from webhook_endpoints
      where tenant_id = v_event.tenant_id
      order by endpoint_id
      for no key update;
      v_locked := v_locked || v_event.tenant_id;
    end if;
    with made as (
      insert into webhook_deliveries (
        tenant_id, endpoint_id, event_id, kind, order_id, lane, status, body)
      select
        w.tenant_id, w.endpoint_id, v_event.event_id, v_event.kind, v_event.order_id,
        mod(coalesce(v_event.order_id, v_event.event_id), w.lanes),
        case w.state when 'enabled' then 'pending' else 'held' end,
        jsonb_build_object(
          'type', v_event.kind,
          'timestamp', to_char(
            v_event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'data', v_event.data || jsonb_strip_nulls(jsonb_build_object(
            'order_id', v_event.order_id,
            'order_number', v_event.order_number,
            'customer_id', v_event.customer_id,
            'subject_id', v_event.subject_id)))::text
      from webhook_endpoints as w
      where w.tenant_id = v_event.tenant_id
        and w.state <> 'deleted'
        and (w.kinds is null
          or v_event.kind = any (w.kinds)
          or split_part(v_event.kind, '.', 1) = any (w.kinds))
      order by w.endpoint_id
      on conflict (tenant_id, endpoint_id, event_id) do nothing
      returning tenant_id, endpoint_id, lane, status
    )
    select jsonb_agg(jsonb_build_array(tenant_id, endpoint_id, lane)) as lanes
    into v_made
    from made
    where status = 'pending';
    v_lanes := v_lanes || coalesce(v_made.lanes, '[]');
  end loop;
  if v_read > 0 then
    update webhook_feed
    set event_position = v_position
    where is_only;
  end if;
  for v_lane in
    select
      (l->>0)::uuid as tenant_id,
      array_agg((l->>1)::bigint) as endpoint_ids,
      array_agg((l->>2)::smallint) as lanes
    from jsonb_array_elements(v_lanes) as l
    group by 1
    order by 1
  loop
    perform wake_webhooks(v_lane.tenant_id, v_lane.endpoint_ids, v_lane.lanes);
  end loop;
  return v_read;
end
$$;

comment on function feed_webhooks(integer) is
  'Makes deliveries of the next events of all shops, for the endpoints that want them.';
