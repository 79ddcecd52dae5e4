-- A parcel is packed by whoever picks it. One of the own warehouse is measured and gets a label
-- (sp_pack_parcel()); another is fetched by somebody who brings his own, so there is nothing to be
-- said of it. p_parcel: {weight_g, length_mm, width_mm, height_mm, carrier_code, service, prefer},
-- each optional. P0NOF, P0STT, P0VAL. Locks: the order, the fulfilment.
create or replace function pack_parcel(
  p_fulfillment_id bigint,
  p_parcel jsonb,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_wanted constant packed_parcels := jsonb_populate_record(null::packed_parcels, p_parcel);
begin
  if exists (
    select
    from fulfillments
    where tenant_id = p_tenant
      and fulfillment_id = p_fulfillment_id
      and provider_code = 'warehouse'
  ) then
    perform sp_pack_parcel(
      p_fulfillment_id, v_wanted.weight_g, v_wanted.length_mm, v_wanted.width_mm,
      v_wanted.height_mm, v_wanted.carrier_code, v_wanted.service, v_wanted.prefer, p_actor,
      p_tenant);
  elsif p_parcel <> '{}' then
    perform refuse_field('', 'not_offered',
      'only parcels of the own warehouse are measured and labelled here');
  else
    perform sp_pack_fulfillment(p_fulfillment_id, p_actor, p_tenant);
  end if;
end
$$;

comment on function pack_parcel(bigint, jsonb, text, uuid) is
  'Packs a parcel; one of the own warehouse is measured and labelled. P0NOF, P0STT, P0VAL.';
