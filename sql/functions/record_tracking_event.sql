-- Records what a carrier said about a parcel; answers whether it was news. The shipment, its
-- fulfilment and its order follow (trg_tracking_events_apply). A fact told twice is one row.
-- p_status: in the words of shipments.status; adapters translate their carrier's. P0NOF.
create or replace function record_tracking_event(
  p_shipment_id bigint,
  p_status text,
  p_occurred_at timestamptz,
  p_description text default '',
  p_location text default null,
  p_carrier_event_id text default null,
  p_source text default 'carrier',
  p_raw jsonb default null,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
as $$
declare
  v_order_id bigint;
  v_is_news boolean;
begin
  -- The order of a shipment never changes, so it may be read before anything is locked.
  select order_id into v_order_id
  from shipments
  where tenant_id = p_tenant
    and shipment_id = p_shipment_id;
  if not found then
    raise exception 'there is no shipment %', p_shipment_id using errcode = 'P0NOF';
  end if;
  perform lock_order(p_tenant, v_order_id);
  perform act_as(p_source, p_description);
  insert into tracking_events (
    tenant_id, order_id, shipment_id, source, carrier_event_id, status, description, location,
    occurred_at, raw)
  values (
    p_tenant, v_order_id, p_shipment_id, p_source, p_carrier_event_id, p_status,
    left(coalesce(p_description, ''), 1000), p_location, p_occurred_at, p_raw)
  on conflict do nothing;
  v_is_news := found;
  perform act_as(null, null);
  return v_is_news;
end
$$;

comment on function record_tracking_event(
  bigint, text, timestamptz, text, text, text, text, jsonb, uuid) is
  'Records what a carrier said about a parcel; false if it was known. P0NOF.';
