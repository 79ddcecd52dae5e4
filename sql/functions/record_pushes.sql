-- Records what carriers pushed of their own accord; answers how many of the parcels are ours, and
-- how much of it was news. p_pushes: [{carrier, tracking_number, estimated_delivery_at, events}],
-- events as in record_tracking_events(), without the parcel's keys. An estimate counts unless
-- something later is known of its parcel: pushes overtake each other.
-- Locks: orders in the order of their ids, then their parcels.
create or replace function record_pushes(
  p_pushes jsonb,
  p_tenant uuid default current_tenant_id()
)
returns table (
  parcels integer,
  news integer
)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_parcels integer;
  v_news integer;
  v_events jsonb;
begin
  select count(distinct s.shipment_id), coalesce(jsonb_agg(e.event || jsonb_build_object(
      'tenant_id', s.tenant_id, 'shipment_id', s.shipment_id)) filter (where e.event is not null),
    '[]')
  into v_parcels, v_events
  from jsonb_to_recordset(p_pushes) as p (carrier text, tracking_number text, events jsonb)
  join shipments as s
    on s.tenant_id = p_tenant
    and s.carrier_code = p.carrier
    and s.tracking_number = p.tracking_number
  left join lateral jsonb_array_elements(p.events) as e (event) on true;
  v_news := record_tracking_events(v_events, 'webhook');

  update shipments as s
  set estimated_delivery_at = p.estimated_delivery_at
  from jsonb_to_recordset(p_pushes) as p (
    carrier text, tracking_number text, estimated_delivery_at timestamptz, events jsonb)
  where s.tenant_id = p_tenant
    and s.carrier_code = p.carrier
    and s.tracking_number = p.tracking_number
    and p.estimated_delivery_at is not null
    and s.estimated_delivery_at is distinct from p.estimated_delivery_at
    and not exists (
      select
      from tracking_events as e
      where e.tenant_id = s.tenant_id
        and e.shipment_id = s.shipment_id
        and e.occurred_at > (
          select max((told.event ->> 'occurred_at')::timestamptz)
          from jsonb_array_elements(p.events) as told (event)));
  return query select v_parcels, v_news;
end
$$;

comment on function record_pushes(jsonb, uuid) is
  'Records what carriers pushed; answers how many parcels are ours, how much of it was news.';
