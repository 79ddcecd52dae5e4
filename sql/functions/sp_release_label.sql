-- A person looked at the carrier's: the parked label of a parcel was not bought. Another one may be
-- bought now. P0NOF if there is none parked.
-- Locks: the order, the fulfilment.
create or replace function sp_release_label(
  p_fulfillment_id bigint,
  p_actor text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_parcel constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
begin
  update shipping_labels
  set
    status = 'failed',
    error_message = left('released by ' || coalesce(p_actor, current_actor()) || ': '
      || coalesce(error_message, ''), 1000)
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id
    and status = 'parked';
  if not found then
    raise exception 'no label of this parcel waits for a person' using errcode = 'P0NOF';
  end if;
  -- The carrier never refused it: the same service may be asked again.
  update packed_parcels
  set packed_at = clock_now()
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform enqueue_label_job(p_tenant, v_parcel.order_id, p_fulfillment_id);
end
$$;

comment on function sp_release_label(bigint, text, uuid) is
  'A person says that a parked label was not bought; another one may be. P0NOF.';
