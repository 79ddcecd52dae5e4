-- Units of an item arrive at a location, through the ledger; answers what is on hand then.
-- P0NOF for an unknown SKU or location, P0VAL for a quantity that is not positive.
create or replace function sp_receive_stock(
  p_sku text,
  p_location_code text,
  p_quantity bigint,
  p_reason text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_item bigint;
  v_location bigint;
begin
  if p_quantity is null or p_quantity <= 0 then
    raise exception 'received quantity must be positive'
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'quantity', 'code', 'out_of_range', 'message', 'must be positive'))::text;
  end if;
  select item_id, location_id into v_item, v_location
  from find_level(p_tenant, p_sku, p_location_code);
  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, reason, actor)
  values (p_tenant, v_item, v_location, 'received', p_quantity, p_reason, current_actor());
  return (
    select on_hand
    from inventory_levels
    where tenant_id = p_tenant
      and inventory_item_id = v_item
      and location_id = v_location);
end
$$;

comment on function sp_receive_stock(text, text, bigint, text, uuid) is
  'Receives units of an item at a location; answers what is on hand then. P0NOF, P0VAL.';
