-- A worker is about to ask a carrier for a label. Commit this before the call: a crash in between
-- leaves the purchase behind, and the next attempt looks it up first. A purchase that was begun
-- keeps
-- its carrier, service and reference. No row: nothing to buy any more.
-- Locks: the order, the fulfilment.
create or replace function sp_begin_label(
  p_fulfillment_id bigint,
  p_carrier_code text,
  p_service text,
  p_tenant uuid default current_tenant_id()
)
returns table (
  shipping_label_id bigint,
  reference uuid,
  carrier_code text,
  service text,
  attempt integer,
  last_submitted_at timestamptz
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_parcel constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_label shipping_labels;
begin
  if label_plan(p_fulfillment_id, p_tenant) is null then
    return;
  end if;
  select * into v_label
  from shipping_labels as b
  where b.tenant_id = p_tenant
    and b.fulfillment_id = p_fulfillment_id
    and b.status = 'buying'
  for no key update;
  if found then
    update shipping_labels as b
    set
      attempt = b.attempt + 1,
      submitted_at = clock_now()
    where b.tenant_id = p_tenant
      and b.shipping_label_id = v_label.shipping_label_id;
    return query
      select v_label.shipping_label_id, v_label.reference, v_label.carrier_code, v_label.service,
        v_label.attempt + 1, v_label.submitted_at;
    return;
  end if;
  return query
    insert into shipping_labels as b (tenant_id, order_id, fulfillment_id, carrier_code, service)
    values (p_tenant, v_parcel.order_id, p_fulfillment_id, p_carrier_code, p_service)
    returning b.shipping_label_id, b.reference, b.carrier_code, b.service, b.attempt,
      null::timestamptz;
end
$$;

comment on function sp_begin_label(bigint, text, text, uuid) is
  'Marks a label as being bought and answers its reference; no row: nothing to buy any more.';
