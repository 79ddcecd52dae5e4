-- A label is ours: its bytes are kept, and its parcel is a shipment with a number. Twice is once.
-- P0NOF, P0STT, P0VAL.
-- Locks: the order, the fulfilment.
create or replace function sp_finish_label(
  p_shipping_label_id bigint,
  p_tracking_number text,
  p_carrier_shipment_id text,
  p_format text,
  p_content bytea,
  p_price bigint default null,
  p_currency text default null,
  p_tracking_url text default null,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_label shipping_labels := lock_label(p_tenant, p_shipping_label_id);
  v_shipment_id bigint;
begin
  if v_label.status = 'bought' then
    return v_label.shipment_id;
  elsif v_label.status not in ('buying', 'parked') then
    perform refuse_transition('label', v_label.status, 'bought');
  end if;
  v_shipment_id := sp_create_shipment(
    v_label.fulfillment_id, v_label.carrier_code, p_tracking_number, p_tracking_url,
    v_label.service, null, p_actor, p_tenant);
  update shipments
  set
    cost = p_price,
    currency = p_currency,
    weight_g = (
      select weight_g
      from packed_parcels
      where tenant_id = p_tenant
        and fulfillment_id = v_label.fulfillment_id)
  where tenant_id = p_tenant
    and shipment_id = v_shipment_id;
  update shipping_labels
  set
    status = 'bought',
    shipment_id = v_shipment_id,
    carrier_shipment_id = p_carrier_shipment_id,
    format = p_format,
    content = p_content,
    price = p_price,
    currency = p_currency,
    error_code = null,
    error_message = null,
    bought_at = clock_now()
  where tenant_id = p_tenant
    and shipping_label_id = p_shipping_label_id;
  return v_shipment_id;
end
$$;

comment on function sp_finish_label(
  bigint, text, text, text, bytea, bigint, text, text, text, uuid) is
  'Keeps a label that was bought and makes its shipment; twice is once. P0NOF, P0STT, P0VAL.';
