-- A label was not bought: the carrier refused (failed), or nobody knows (parked: a person looks,
-- and
-- nobody buys another meanwhile). p_is_last: no service is left; the order shows it. P0NOF.
-- Locks: the order, the fulfilment.
create or replace function sp_fail_label(
  p_shipping_label_id bigint,
  p_status text,
  p_code text,
  p_message text,
  p_is_last boolean default true,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_label shipping_labels := lock_label(p_tenant, p_shipping_label_id);
begin
  if v_label.status <> 'buying' then
    return;
  end if;
  update shipping_labels
  set
    status = p_status,
    error_code = left(p_code, 200),
    error_message = left(p_message, 1000)
  where tenant_id = p_tenant
    and shipping_label_id = p_shipping_label_id;
  if p_is_last or p_status = 'parked' then
    insert into order_errors (
      tenant_id, order_id, fulfillment_id, category, severity, stage, code, message, context)
    values (
      p_tenant, v_label.order_id, v_label.fulfillment_id, 'delivery',
      case p_status when 'parked' then 'critical' else 'high' end, 'label', left(p_code, 200),
      left(p_message, 1000), jsonb_build_object(
        'carrier', v_label.carrier_code, 'service', v_label.service,
        'reference', v_label.reference));
  end if;
end
$$;

comment on function sp_fail_label(bigint, text, text, text, boolean, uuid) is
  'Records that a label was refused (failed), or that nobody knows (parked). P0NOF.';
