-- A parcel is packed: everything in it was found. Twice is once.
-- P0NOF; P0STT if something was not looked for or not found, with what in the message.
create or replace function sp_pack_fulfillment(
  p_fulfillment_id bigint,
  p_actor text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_parcel constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_open text;
begin
  if v_parcel.status = 'packed' then
    return;
  end if;
  select string_agg(sku, ', ' order by sku) into v_open
  from (
    select p.sku
    from pick_list_items as p
    join pick_batches as b using (tenant_id, pick_batch_id)
    where p.tenant_id = p_tenant
      and p.fulfillment_id = p_fulfillment_id
      and b.status <> 'cancelled'
      and coalesce(p.picked_quantity, 0) < p.quantity
    union
    select sku from pick_needs(p_tenant, array[p_fulfillment_id], null)
  ) as missing;
  if v_open is not null then
    perform refuse_transition('fulfillment', v_parcel.status, 'packed',
      format('not everything of the parcel was found: %s', v_open));
  end if;
  perform act_as(coalesce(p_actor, current_actor()), null);
  update fulfillments
  set status = 'packed'
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform act_as(null, null);
end
$$;

comment on function sp_pack_fulfillment(bigint, text, uuid) is
  'A parcel is packed when everything in it was found; twice is once. P0NOF, P0STT.';
