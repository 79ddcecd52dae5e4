-- Records what a carrier said about many parcels, in one statement each; answers how much of it was
-- news. Parcels, fulfilments and orders follow (trg_tracking_events_apply). p_events: a list of
-- {tenant_id, shipment_id, status, occurred_at, description, location, carrier_event_id, raw};
-- parcels that are not there are passed over. Locks: the orders, in the order of their ids.
create or replace function record_tracking_events(p_events jsonb, p_source text default 'carrier')
returns integer
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_news integer;
begin
  if jsonb_array_length(p_events) = 0 then
    return 0;
  end if;
  perform
  from orders as o
  where (o.tenant_id, o.order_id) in (
    select s.tenant_id, s.order_id
    from jsonb_to_recordset(p_events) as e (tenant_id uuid, shipment_id bigint)
    join shipments as s using (tenant_id, shipment_id)
  )
  order by o.order_id
  for no key update of o;
  perform act_as(p_source, null);
  insert into tracking_events (
    tenant_id, order_id, shipment_id, source, carrier_event_id, status, description, location,
    occurred_at, raw)
  select
    e.tenant_id, s.order_id, e.shipment_id, p_source, left(e.carrier_event_id, 200), e.status,
    left(coalesce(e.description, ''), 1000), e.location, e.occurred_at, e.raw
  from jsonb_to_recordset(p_events) as e (
    tenant_id uuid, shipment_id bigint, status text, occurred_at timestamptz, description text,
    location text, carrier_event_id text, raw jsonb)
  join shipments as s using (tenant_id, shipment_id)
  order by s.order_id, e.shipment_id, e.occurred_at
  on conflict do nothing;
  get diagnostics v_news = row_count;
  perform act_as(null, null);
  return v_news;
end
$$;

comment on function record_tracking_events(jsonb, text) is
  'Records what a carrier said about many parcels; answers how much of it was news.';
