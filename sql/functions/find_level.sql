-- The level of an item at a location, made (empty) if it is the first time. P0NOF.
create or replace function find_level(p_tenant uuid, p_sku text, p_location_code text)
returns table (item_id bigint, location_id bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_item bigint;
  v_location bigint;
begin
  select i.inventory_item_id into v_item
  from inventory_items as i
  where i.tenant_id = p_tenant
    and i.sku = p_sku;
  if not found then
    raise exception 'there is no stock item %', p_sku using errcode = 'P0NOF';
  end if;
  select lo.location_id into v_location
  from locations as lo
  where lo.tenant_id = p_tenant
    and lo.code = p_location_code;
  if not found then
    raise exception 'there is no location %', p_location_code using errcode = 'P0NOF';
  end if;
  insert into inventory_levels (tenant_id, inventory_item_id, location_id)
  values (p_tenant, v_item, v_location)
  on conflict on constraint inventory_levels_pkey do nothing;
  return query select v_item, v_location;
end
$$;

comment on function find_level(uuid, text, text) is
  'The keys of an item''s level at a location, made empty if there was none; P0NOF.';
