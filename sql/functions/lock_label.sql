-- Locks a label behind its order and its fulfilment; P0NOF if there is none.
create or replace function lock_label(p_tenant uuid, p_shipping_label_id bigint)
returns shipping_labels
language plpgsql volatile
as $$
declare
  v_row shipping_labels;
begin
  -- The parcel of a label never changes, so it may be read before anything is locked.
  perform lock_fulfillment(p_tenant, b.fulfillment_id)
  from shipping_labels as b
  where b.tenant_id = p_tenant
    and b.shipping_label_id = p_shipping_label_id;
  if not found then
    raise exception 'there is no label %', p_shipping_label_id using errcode = 'P0NOF';
  end if;
  select * into v_row
  from shipping_labels as b
  where b.tenant_id = p_tenant
    and b.shipping_label_id = p_shipping_label_id
  for no key update;
  return v_row;
end
$$;

comment on function lock_label(uuid, bigint) is
  'Locks a label behind its order and its fulfilment and answers its row; P0NOF.';
