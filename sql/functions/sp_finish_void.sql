-- The carrier took a label back, and its shipment is over; or it did not, and says why: then the
-- label
-- is as it was, and the order shows it. P0NOF.
-- Locks: the order, the fulfilment.
create or replace function sp_finish_void(
  p_shipping_label_id bigint,
  p_error_code text default null,
  p_error_message text default null,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_label shipping_labels := lock_label(p_tenant, p_shipping_label_id);
begin
  if v_label.status <> 'voiding' then
    return;
  end if;
  update shipping_labels
  set
    status = case when p_error_code is null then 'voided' else 'bought' end,
    voided_at = case when p_error_code is null then clock_now() end,
    error_code = left(p_error_code, 200),
    error_message = left(p_error_message, 1000)
  where tenant_id = p_tenant
    and shipping_label_id = p_shipping_label_id;
  if p_error_code is not null then
    insert into order_errors (
      tenant_id, order_id, fulfillment_id, category, severity, stage, code, message, context)
    values (
      p_tenant, v_label.order_id, v_label.fulfillment_id, 'delivery', 'medium', 'void_label',
      left(p_error_code, 200), left(p_error_message, 1000), jsonb_build_object(
        'carrier', v_label.carrier_code, 'shipment_id', v_label.shipment_id));
    return;
  end if;
  perform act_as(p_actor, 'the label was given back');
  update shipments
  set status = 'cancelled'
  where tenant_id = p_tenant
    and shipment_id = v_label.shipment_id
    and status in ('pending', 'info_received');
  perform act_as(null, null);
end
$$;

comment on function sp_finish_void(bigint, text, text, text, uuid) is
  'The carrier took a label back, or (error) did not. P0NOF.';
