-- Stores events of providers together with their jobs, in one call and one transaction: what is
-- answered here, the provider need not send again. Parallel arrays, one place per event; p_headers
-- are JSON objects as text.
--
-- Answers one row per event, in order: its row, and whether it is new. An event that is there
-- already, or twice in one call, has one row and one job, whoever sent it how often.
-- Locks: none beyond the rows it inserts. It waits for another transaction that is just storing
-- the same event; since all insert in the order of their keys, none waits for another in a circle.
create or replace function receive_webhooks(
  p_sources text[],
  p_event_ids text[],
  p_event_types text[],
  p_headers text[],
  p_bodies bytea[],
  p_trace_contexts text[],
  p_tenant uuid default current_tenant_id()
)
returns table (
  "position" integer,
  webhook_event_id bigint,
  is_new boolean
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_ids bigint[];
  v_args jsonb[];
  v_traces text[];
begin
  with events as (
    select distinct on (source, event_id) *
    from unnest(p_sources, p_event_ids, p_event_types, p_headers, p_bodies, p_trace_contexts)
      with ordinality as u (source, event_id, event_type, headers, body, trace_context, place)
    order by source, event_id, place
  ),
  stored as (
    insert into webhook_events (tenant_id, source, event_id, event_type, headers, body)
    select p_tenant, source, event_id, event_type, headers::jsonb, body
    from events
    order by source, event_id
    on conflict (tenant_id, source, event_id) do nothing
    returning webhook_event_id, source, event_id
  )
  select
    array_agg(webhook_event_id order by webhook_event_id),
    array_agg(
      jsonb_build_object('tenant_id', p_tenant, 'webhook_event_id', webhook_event_id)
      order by webhook_event_id),
    array_agg(trace_context order by webhook_event_id)
  into v_ids, v_args, v_traces
  from stored
  join events using (source, event_id);
  if v_ids is not null then
    perform queue.enqueue_columns(
      v_args, array['ingest_webhook'], array['webhooks'], array[null]::smallint[],
      array[null]::timestamptz[], array[null]::smallint[], v_traces);
  end if;
  -- Looked up only now: a row of another transaction that has just been waited for is not seen by
  -- the statement that waited, but by the next.
  return query
    select
      u.place::integer - 1,
      w.webhook_event_id,
      coalesce(w.webhook_event_id = any (v_ids), false)
        and row_number() over (partition by u.source, u.event_id order by u.place) = 1
    from unnest(p_sources, p_event_ids) with ordinality as u (source, event_id, place)
    -- One look-up per event: joined, a table without statistics is read whole.
    cross join lateral (
      select w.webhook_event_id
      from webhook_events as w
      where w.tenant_id = p_tenant
        and w.source = u.source
        and w.event_id = u.event_id
      offset 0
    ) as w
    order by u.place;
end
$$;

comment on function receive_webhooks(text[], text[], text[], text[], bytea[], text[], uuid) is
  'Stores events of providers together with their ingest_webhook jobs, each event once.';
