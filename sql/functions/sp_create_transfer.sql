-- Asks for units to go from one location to another; p_lines: [{"sku", "quantity"}]. Nothing moves
-- before sp_ship_transfer(). Answers the transfer's key. P0NOF, P0VAL.
create or replace function sp_create_transfer(
  p_from_code text,
  p_to_code text,
  p_lines jsonb,
  p_note text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_transfer_id bigint;
begin
  if p_from_code = p_to_code then
    raise exception 'a transfer goes from one location to another'
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'to', 'code', 'same', 'message', 'is where it comes from'))::text;
  end if;
  insert into stock_transfers (tenant_id, from_location_id, to_location_id, note, created_by)
  values (p_tenant, find_location(p_tenant, p_from_code), find_location(p_tenant, p_to_code),
    p_note, current_actor())
  returning transfer_id into v_transfer_id;
  insert into stock_transfer_items (tenant_id, transfer_id, inventory_item_id, quantity)
  select p_tenant, v_transfer_id, item_id, quantity
  from stock_lines(p_tenant, p_lines);
  return v_transfer_id;
end
$$;

comment on function sp_create_transfer(text, text, jsonb, text, uuid) is
  'Asks for units to go from one location to another; answers the key. P0NOF, P0VAL.';
