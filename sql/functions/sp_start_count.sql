-- Somebody begins to count at a location: these items, or (null) all that have a level there. What
-- the books say now is kept beside, to see whether it still says so at the end. Answers the count's
-- key. P0NOF, P0VAL.
create or replace function sp_start_count(
  p_location_code text,
  p_skus text[] default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_location constant bigint := find_location(p_tenant, p_location_code);
  v_count_id bigint;
  v_sku text;
begin
  foreach v_sku in array coalesce(p_skus, '{}') loop
    perform find_level(p_tenant, v_sku, p_location_code);
  end loop;
  insert into stock_counts (tenant_id, location_id, counted_by)
  values (p_tenant, v_location, current_actor())
  returning stock_count_id into v_count_id;
  insert into stock_count_lines (tenant_id, stock_count_id, inventory_item_id, expected)
  select p_tenant, v_count_id, l.inventory_item_id, l.on_hand
  from inventory_levels as l
  join inventory_items as i using (tenant_id, inventory_item_id)
  where l.tenant_id = p_tenant
    and l.location_id = v_location
    and (p_skus is null or i.sku = any (p_skus));
  return v_count_id;
end
$$;

comment on function sp_start_count(text, text[], uuid) is
  'Begins a stock count at a location; answers its key. P0NOF.';
