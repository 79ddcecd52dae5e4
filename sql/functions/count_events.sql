-- Counts what happened in all shops since it was last asked, for the one worker that samples for
-- the fleet. A row is an increment: amount to add to a counter, or so many observations of about
-- so many seconds in a histogram (seconds is their mean within one of the histogram's buckets).
--
-- The position moves in the same statement, so whoever asks next goes on from here: no event is
-- counted twice, and one is lost only with the process that counted it, as with any counter.
-- Cost: the events, by shop_events_position_idx, and for each a look-up by key in what it is about.
-- Locks: fleet_monitor; who finds it locked has nothing to count.
create or replace function count_events(p_limit integer default 50000)
returns table (
  metric text,
  labels jsonb,
  amount double precision,
  seconds double precision
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_after record;
  v_position text;
begin
  select event_position into v_position
  from fleet_monitor
  where is_only
  for update skip locked;
  if not found then
    insert into fleet_monitor (event_position)
    values (events_position())
    on conflict (is_only) do nothing;
    return;
  end if;
  select p.transaction_id, p.event_id into v_after
  from event_place(v_position) as p;
  if v_after.transaction_id > pg_snapshot_xmax(pg_current_snapshot()) then
    -- Restored into another cluster, whose transactions are numbered from the beginning.
    update fleet_monitor
    set event_position = events_position()
    where is_only;
    return;
  end if;
  return query
    with events as materialized (
      select
        s.transaction_id, s.event_id, s.tenant_id, s.order_id, s.subject_id, s.data,
        s.occurred_at,
        split_part(s.kind, '.', 1) as subject,
        split_part(s.kind, '.', 2) as state
      from shop_events as s
      where (s.transaction_id, s.event_id) > (v_after.transaction_id, v_after.event_id)
        and s.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      order by s.transaction_id, s.event_id
      limit p_limit
    ),
    moved as (
      update fleet_monitor
      set event_position = e.transaction_id || '-' || e.event_id
      from (
        select transaction_id, event_id
        from events
        order by transaction_id desc, event_id desc
        limit 1
      ) as e
      where is_only
    ),
    durations as (
      select
        'stevedore_order_stage_duration_seconds' as metric,
        jsonb_build_object('stage', e.data->>'from') as labels,
        h.held_ms / 1000.0 as seconds
      from events as e
      cross join lateral (
        select held_ms
        from order_state_history
        where tenant_id = e.tenant_id
          and order_id = e.order_id
          and axis = 'order'
          and fulfillment_id is null
          and from_status = e.data->>'from'
          and to_status = e.data->>'to'
        order by history_id desc
        limit 1
      ) as h
      where e.subject = 'order'
      union all
      select
        'stevedore_order_lead_time_seconds',
        '{}',
        extract(epoch from e.occurred_at - o.placed_at)
      from events as e
      join orders as o using (tenant_id, order_id)
      where e.subject = 'order' and e.state = 'delivered'
      union all
      select
        'stevedore_fulfilment_duration_seconds',
        jsonb_build_object('provider', f.provider_code, 'outcome', e.state),
        extract(epoch from e.occurred_at - f.created_at)
      from events as e
      join fulfillments as f on f.tenant_id = e.tenant_id and f.fulfillment_id = e.subject_id
      where e.subject = 'fulfilment'
        and e.state in ('shipped', 'delivered', 'failed', 'rejected')
    )
    select
      s.metric,
      jsonb_build_object('state', e.state),
      count(*)::double precision,
      null::double precision
    from events as e
    join (values
      ('order', 'stevedore_orders_total'),
      ('payment', 'stevedore_payments_total'),
      ('fulfilment', 'stevedore_fulfilments_total'),
      ('shipment', 'stevedore_shipments_total'),
      ('return', 'stevedore_returns_total'),
      ('refund', 'stevedore_refunds_total'),
      ('ticket', 'stevedore_tickets_total')
    ) as s (subject, metric) using (subject)
    group by s.metric, e.state
    union all
    select
      'stevedore_order_value_total',
      jsonb_build_object('currency', o.currency),
      sum(o.total_amount)::double precision,
      null
    from events as e
    join orders as o using (tenant_id, order_id)
    where e.subject = 'order' and e.state = 'confirmed'
    group by o.currency
    union all
    select
      'stevedore_refund_value_total',
      jsonb_build_object('currency', e.data->>'currency'),
      sum((e.data->>'amount')::numeric)::double precision,
      null
    from events as e
    where e.subject = 'refund' and e.state = 'settled'
    group by e.data->>'currency'
    union all
    select
      d.metric,
      d.labels,
      count(*)::double precision,
      avg(greatest(0, d.seconds))::double precision
    from durations as d
    -- The buckets of ORDER_SECONDS in crates/telemetry.
    group by d.metric, d.labels, width_bucket(d.seconds::numeric, array[0.5, 1, 2.5, 5, 15, 60, 300,
      900, 3600, 14400, 86400, 259200, 604800, 1209600]::numeric[]);
end
$$;

comment on function count_events(integer) is
  'Counts the events of all shops that were not counted yet, as increments of metrics.';
