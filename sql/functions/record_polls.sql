-- Writes down what a look at a carrier's parcels came to, and when each is asked for next; answers
-- how many events were news. p_polls: one entry per parcel of the look, {tenant_id, shipment_id,
-- estimated_delivery_at, is_known}; p_events as in record_tracking_events().
--
-- A parcel without news for 30 days is lost (expired). One that is a day later than the carrier's
-- estimate gets a ticket, and its customer a notice, once.
-- Locks: orders in the order of their ids, then their parcels, then the schedule.
create or replace function record_polls(p_polls jsonb, p_events jsonb)
returns integer
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_news integer;
  v_late record;
begin
  v_news := record_tracking_events(
    p_events || coalesce((
      select jsonb_agg(jsonb_build_object(
        'tenant_id', t.tenant_id, 'shipment_id', t.shipment_id, 'status', 'expired',
        'occurred_at', clock_now(), 'description', 'no news for 30 days'))
      from jsonb_to_recordset(p_polls) as p (tenant_id uuid, shipment_id bigint)
      join tracking_schedule as t using (tenant_id, shipment_id)
      where t.news_at < clock_now() - interval '30 days'
        and not exists (
          select
          from jsonb_to_recordset(p_events) as e (
            tenant_id uuid, shipment_id bigint, occurred_at timestamptz)
          where e.tenant_id = t.tenant_id
            and e.shipment_id = t.shipment_id
            and e.occurred_at > t.news_at)
    ), '[]'), 'poll');

  update shipments as s
  set estimated_delivery_at = p.estimated_delivery_at
  from jsonb_to_recordset(p_polls) as p (
    tenant_id uuid, shipment_id bigint, estimated_delivery_at timestamptz)
  where s.tenant_id = p.tenant_id
    and s.shipment_id = p.shipment_id
    and p.estimated_delivery_at is not null
    and s.estimated_delivery_at is distinct from p.estimated_delivery_at;

  for v_late in
    select t.tenant_id, s.order_id, s.shipment_id, s.carrier_code, s.tracking_number,
      s.estimated_delivery_at
    from jsonb_to_recordset(p_polls) as p (tenant_id uuid, shipment_id bigint)
    join tracking_schedule as t using (tenant_id, shipment_id)
    join shipments as s using (tenant_id, shipment_id)
    where not t.is_delay_told
      and s.estimated_delivery_at < clock_now() - interval '1 day'
    order by s.order_id, s.shipment_id
  loop
    perform notify_orders(v_late.tenant_id, array[v_late.order_id], 'order_delayed',
      'shipment:' || v_late.shipment_id || ':late');
    perform open_ticket('delivery', 'medium', 'shipment:' || v_late.shipment_id,
      format('%s parcel %s is later than the carrier said', v_late.carrier_code,
        v_late.tracking_number),
      jsonb_build_object('shipment_id', v_late.shipment_id,
        'estimated_delivery_at', v_late.estimated_delivery_at),
      v_late.order_id, v_late.tenant_id);
  end loop;

  update tracking_schedule as t
  set
    next_poll_at = clock_now() + poll_interval(
        s.status,
        clock_now() - greatest(t.news_at, news.last_at),
        s.estimated_delivery_at - clock_now())
      -- A tenth earlier or later, so that what was handed over together spreads.
      * (0.9 + 0.2 * (hashint8(t.shipment_id + extract(epoch from clock_now())::bigint) & 1023)
        / 1023.0),
    news_at = greatest(t.news_at, news.last_at),
    failures = case when p.is_known then 0 else t.failures + 1 end,
    is_delay_told = t.is_delay_told
      or coalesce(s.estimated_delivery_at < clock_now() - interval '1 day', false)
  from jsonb_to_recordset(p_polls) as p (tenant_id uuid, shipment_id bigint, is_known boolean)
  join shipments as s using (tenant_id, shipment_id)
  left join lateral (
    select max(e.received_at) as last_at
    from tracking_events as e
    where e.tenant_id = p.tenant_id
      and e.shipment_id = p.shipment_id
  ) as news on true
  where t.tenant_id = p.tenant_id
    and t.shipment_id = p.shipment_id;
  return v_news;
end
$$;

comment on function record_polls(jsonb, jsonb) is
  'What a look at parcels came to: events, estimates, losses, delays, and the next look.';
