-- The label of a shipment shall go back: no parcel travels with it. The job that tells the carrier
-- is
-- enqueued here. Twice is once. P0NOF; P0STT if the parcel is on its way.
-- Locks: the order, the fulfilment.
create or replace function sp_begin_void(
  p_shipment_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_label shipping_labels;
  v_shipment shipments;
begin
  select b.* into v_label
  from shipping_labels as b
  where b.tenant_id = p_tenant
    and b.shipment_id = p_shipment_id
  order by b.shipping_label_id desc
  limit 1;
  if not found then
    raise exception 'shipment % has no label', p_shipment_id using errcode = 'P0NOF';
  end if;
  v_label := lock_label(p_tenant, v_label.shipping_label_id);
  if v_label.status in ('voiding', 'voided') then
    return;
  end if;
  select * into v_shipment
  from shipments
  where tenant_id = p_tenant
    and shipment_id = p_shipment_id;
  if v_label.status <> 'bought' or v_shipment.status not in ('pending', 'info_received') then
    perform refuse_transition('label', v_label.status, 'voided',
      format('its parcel is %s', v_shipment.status));
  end if;
  update shipping_labels
  set status = 'voiding'
  where tenant_id = p_tenant
    and shipping_label_id = v_label.shipping_label_id;
  perform from queue.enqueue_many(jsonb_build_array(jsonb_build_object(
    'kind', 'void_label',
    'queue', 'fulfilment',
    'unique_key', 'void_label:' || v_label.shipping_label_id,
    'group_key', 'order:' || v_label.order_id,
    'args', jsonb_build_object(
      'tenant_id', p_tenant,
      'order_id', v_label.order_id,
      'shipping_label_id', v_label.shipping_label_id))));
end
$$;

comment on function sp_begin_void(bigint, uuid) is
  'Asks for a shipment''s label to be given back; twice is once. P0NOF, P0STT.';
