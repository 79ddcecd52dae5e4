-- A parcel of a fulfilment is handed to a carrier; answers its id. The same carrier and number for
-- the same fulfilment again is the same parcel; for another one it is P0VAL. P0NOF, P0STT.
create or replace function sp_create_shipment(
  p_fulfillment_id bigint,
  p_carrier_code text,
  p_tracking_number text default null,
  p_tracking_url text default null,
  p_service text default null,
  p_estimated_delivery_at timestamptz default null,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_fulfillment constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_before record;
  v_shipment_id bigint;
begin
  select shipment_id, fulfillment_id into v_before
  from shipments
  where tenant_id = p_tenant
    and carrier_code = p_carrier_code
    and tracking_number = p_tracking_number;
  if v_before.fulfillment_id = p_fulfillment_id then
    return v_before.shipment_id;
  elsif found then
    raise exception 'this tracking number is of another fulfilment'
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'tracking_number', 'code', 'taken', 'message', 'is of another parcel'))::text;
  end if;
  perform act_as(p_actor, null);
  insert into shipments (
    tenant_id, order_id, fulfillment_id, carrier_code, tracking_number, tracking_url, service,
    estimated_delivery_at)
  values (
    p_tenant, v_fulfillment.order_id, p_fulfillment_id, p_carrier_code, p_tracking_number,
    p_tracking_url, p_service, p_estimated_delivery_at)
  returning shipment_id into v_shipment_id;
  perform log_order(p_tenant, v_fulfillment.order_id, 'ship', jsonb_build_object(
    'shipment_id', v_shipment_id, 'carrier', p_carrier_code,
    'tracking_number', p_tracking_number));
  perform act_as(null, null);
  return v_shipment_id;
end
$$;

comment on function sp_create_shipment(
  bigint, text, text, text, text, timestamptz, text, uuid) is
  'Makes a parcel of a fulfilment; the same number again is the same parcel. P0NOF, P0STT, P0VAL.';
