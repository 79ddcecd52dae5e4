-- A parcel of the own warehouse is packed and measured, and its label is to be bought: the job is
-- enqueued here. What is not measured is what the catalogue says. Again, before there is a label,
-- is
-- a correction: what carriers refused before is forgotten. P0NOF; P0STT if something is missing in
-- it, or its label is bought; P0VAL.
-- Locks: the order, the fulfilment.
create or replace function sp_pack_parcel(
  p_fulfillment_id bigint,
  p_weight_g integer default null,
  p_length_mm integer default null,
  p_width_mm integer default null,
  p_height_mm integer default null,
  p_carrier_code text default null,
  p_service text default null,
  p_prefer text default null,
  p_actor text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_parcel constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_known jsonb;
begin
  perform sp_pack_fulfillment(p_fulfillment_id, p_actor, p_tenant);
  if exists (
    select
    from shipping_labels
    where tenant_id = p_tenant
      and fulfillment_id = p_fulfillment_id
      and status in ('buying', 'parked', 'bought', 'voiding')
  ) then
    perform refuse_transition('label', 'bought', 'packed',
      'the parcel has a label, or is about to get one: give it back first');
  end if;
  v_known := fulfillment_parcel(p_tenant, p_fulfillment_id);
  insert into packed_parcels (
    tenant_id, fulfillment_id, order_id, weight_g, length_mm, width_mm, height_mm, carrier_code,
    service, prefer, packed_by)
  values (
    p_tenant, p_fulfillment_id, v_parcel.order_id,
    coalesce(p_weight_g, (v_known ->> 'weight_g')::integer),
    coalesce(p_length_mm, (v_known ->> 'length_mm')::integer),
    coalesce(p_width_mm, (v_known ->> 'width_mm')::integer),
    coalesce(p_height_mm, (v_known ->> 'height_mm')::integer),
    p_carrier_code, p_service, p_prefer, coalesce(p_actor, current_actor()))
  on conflict (tenant_id, fulfillment_id) do update
  set
    weight_g = excluded.weight_g,
    length_mm = excluded.length_mm,
    width_mm = excluded.width_mm,
    height_mm = excluded.height_mm,
    carrier_code = excluded.carrier_code,
    service = excluded.service,
    prefer = excluded.prefer,
    packed_by = excluded.packed_by,
    packed_at = clock_now();
  perform enqueue_label_job(p_tenant, v_parcel.order_id, p_fulfillment_id);
end
$$;

comment on function sp_pack_parcel(
  bigint, integer, integer, integer, integer, text, text, text, text, uuid) is
  'Packs and measures a parcel of the own warehouse and asks for its label. P0NOF, P0STT, P0VAL.';
